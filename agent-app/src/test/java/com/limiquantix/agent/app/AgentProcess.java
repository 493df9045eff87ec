package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The agent's program, or another, in a process of its own, with all that it prints. */
final class AgentProcess implements AutoCloseable {
  /** That of the test. */
  static final String CLASS_PATH = System.getProperty("java.class.path");

  private static final long PATIENCE_SECONDS = 20;

  /** JEP 472 and JEP 498. */
  private static final int FIRST_WITH_NATIVE_ACCESS_WARNINGS = 24;

  /** What the process has printed and nobody has looked at. */
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private final Process process;
  private final Thread reader;

  /** Starts it by a plain Java command line, as nobody does but tests. */
  AgentProcess(String... args) throws IOException {
    this(java(CLASS_PATH, Main.class), ProcessBuilder.Redirect.PIPE, args);
  }

  /** Starts another program by a plain Java command line. */
  AgentProcess(String classPath, Class<?> program, String... args) throws IOException {
    this(java(classPath, program), ProcessBuilder.Redirect.PIPE, args);
  }

  /**
   * Starts it by a plain Java command line.
   *
   * @param output where standard output and error go; what goes elsewhere than to a pipe is not
   *     seen here
   */
  AgentProcess(ProcessBuilder.Redirect output, String... args) throws IOException {
    this(java(CLASS_PATH, Main.class), output, args);
  }

  /** Starts it by its launcher. */
  AgentProcess(Distribution distribution, String... args) throws IOException {
    this(distribution.command(), ProcessBuilder.Redirect.PIPE, args);
  }

  private AgentProcess(List<String> program, ProcessBuilder.Redirect output, String... args)
      throws IOException {
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(output);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    process = builder.start();
    reader = new Thread(this::read, "test-reads-agent");
    reader.start();
  }

  private static List<String> java(String classPath, Class<?> program) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS_WARNINGS) {
      // The JVM's own warnings go to standard error, where they wait for ever if nobody reads.
      command.addAll(
          List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    }
    command.addAll(List.of("-cp", classPath));
    command.add(program.getName());
    return command;
  }

  long pid() {
    return process.pid();
  }

  private void read() {
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add("the output broke: " + e.getMessage());
    }
  }

  /** The next line, whatever it is. */
  String nextLine() throws InterruptedException {
    return awaitLine("");
  }

  /** The next line that contains {@code text}. */
  String awaitLine(String text) throws InterruptedException {
    List<String> seen = new ArrayList<>();
    while (true) {
      String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(line).as("a line with '%s' after %s", text, seen).isNotNull();
      if (line.contains(text)) {
        return line;
      }
      seen.add(line);
    }
  }

  /** Sends a signal by the system's own kill(1). */
  void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Whether it ends within this time. */
  boolean endsWithin(long millis) throws InterruptedException {
    return process.waitFor(millis, TimeUnit.MILLISECONDS);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The exit code once it has ended. */
  int exitCode() throws InterruptedException {
    assertThat(endsWithin(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS))).isTrue();
    return process.exitValue();
  }

  /** All that was printed and not looked at, once it has ended. */
  List<String> output() throws InterruptedException {
    exitCode();
    reader.join();
    return List.copyOf(lines);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
