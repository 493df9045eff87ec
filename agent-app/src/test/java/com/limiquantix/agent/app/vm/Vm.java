package com.limiquantix.agent.app.vm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A VM that runs the distribution under test as the service of its system, booted by {@code
 * packaging/vm/boot.sh}. Its disks live as long as this object; its machine can be stopped and
 * started again. For one thread.
 */
final class Vm implements AutoCloseable {
  private static final Path SCRIPTS = Path.of("../packaging/vm");
  private static final Path SERVICE = Path.of("../packaging/linux/limiquantix-agent.service");
  private static final Path DISTRIBUTION = Path.of("target/limiquantix-agent");
  private static final Path LOGS = Path.of("target/vm");
  private static final int UNAVAILABLE = 69;
  private static final Duration LONGEST_BOOT = Duration.ofMinutes(3);
  private static final long POLL_MILLIS = 50;

  /** What the agent's port is called in QEMU's command line and in the guest. */
  private static final Map<String, Object> AGENT_PORT =
      Map.of(
          "driver",
          "virtserialport",
          "bus",
          "serial.0",
          "nr",
          "1",
          "chardev",
          "agent",
          "id",
          "agent-port",
          "name",
          "org.limiquantix.agent.0");

  private final Path run;
  private final Path image;
  private @Nullable Process machine;

  private Vm(Path run, Path image) {
    this.run = run;
    this.image = image;
  }

  /** Why there can be no VM here; null if there can. */
  static @Nullable String whyNot() throws IOException, InterruptedException {
    Process check = script("image.sh", "--check").redirectErrorStream(true).start();
    String reason = new String(check.getInputStream().readAllBytes(), UTF_8).strip();
    int code = check.waitFor();
    if (code == 0) {
      return null;
    }
    if (code == UNAVAILABLE) {
      return reason;
    }
    throw new IOException("image.sh --check ended with " + code + ": " + reason);
  }

  private static ProcessBuilder script(String name, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(SCRIPTS.resolve(name).toString());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  /** A VM that has never been booted, with the distribution that was built last. */
  static Vm create() throws IOException, InterruptedException {
    if (!Files.exists(DISTRIBUTION)) {
      throw new IOException(DISTRIBUTION + " is missing; run mvn package");
    }
    Process build = script("image.sh").redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String image = new String(build.getInputStream().readAllBytes(), UTF_8).strip();
    if (build.waitFor() != 0) {
      throw new IOException("image.sh ended with " + build.exitValue());
    }
    // Short, for the paths of unix sockets.
    Vm vm = new Vm(Files.createTempDirectory("qxvm"), Path.of(image));
    try {
      vm.fillPayload();
      return vm;
    } catch (IOException e) {
      vm.close();
      throw e;
    }
  }

  private void fillPayload() throws IOException {
    Path payload = Files.createDirectories(payload());
    copyTree(DISTRIBUTION, payload.resolve("limiquantix-agent"));
    Files.copy(SCRIPTS.resolve("install.sh"), payload.resolve("install.sh"));
    Files.copy(SERVICE, payload.resolve("limiquantix-agent.service"));
    Files.writeString(payload.resolve("id"), run.getFileName().toString());
  }

  private Path payload() {
    return run.resolve("payload");
  }

  /** A path of the host whose contents the guest will see below {@code /payload}. */
  Path payloadFile(String name) {
    return payload().resolve(name);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path source : all.toList()) {
        Path target = to.resolve(from.relativize(source).toString());
        Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  /**
   * Switches the machine on; returns at once.
   *
   * @param options further ones for QEMU
   */
  void powerOn(String... options) throws IOException {
    ProcessBuilder builder = script("boot.sh", run.toString());
    builder.command().addAll(List.of(options));
    builder.environment().put("IMAGE", image.toString());
    builder.environment().put("PAYLOAD", payload().toString());
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(run.resolve("qemu.log").toFile()));
    machine = builder.start();
  }

  /** Waits until the guest's shell answers. */
  void awaitBoot() throws IOException, InterruptedException {
    await("the guest to boot", LONGEST_BOOT, () -> guest().answers());
  }

  /**
   * Waits for what tells nobody when it happens.
   *
   * @throws IOException if it has not come in time or the machine has ended
   */
  void await(String what, Duration longest, BooleanSupplier condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    while (!condition.getAsBoolean()) {
      Process process = Objects.requireNonNull(machine);
      if (!process.isAlive()) {
        throw new IOException(
            "QEMU ended with "
                + process.exitValue()
                + ": "
                + Files.readString(run.resolve("qemu.log")));
      }
      if (System.nanoTime() > deadline) {
        throw new IOException("waited " + longest + " for " + what);
      }
      pause(POLL_MILLIS);
    }
  }

  /** Lets time pass in the VM, where nothing tells how far it is. */
  static void pause(long millis) throws InterruptedException {
    boolean never = new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
    assert !never;
  }

  /** Cuts the power. */
  void powerOff() throws InterruptedException {
    Process process = machine;
    if (process != null) {
      process.destroyForcibly().waitFor();
      machine = null;
    }
  }

  /** Waits until the machine has switched itself off. */
  boolean endsWithin(Duration longest) throws InterruptedException {
    return Objects.requireNonNull(machine).waitFor(longest.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The host's end of the agent's port. */
  Path agentSocket() {
    return run.resolve("agent.sock");
  }

  /** The host's end of the port that no service opens: {@code org.limiquantix.raw.0}. */
  Path rawSocket() {
    return run.resolve("raw.sock");
  }

  /** A directory that lives as long as the VM. */
  Path directory() {
    return run;
  }

  GuestShell guest() {
    return new GuestShell(run.resolve("qga.sock"));
  }

  /** A new connection to the machine's monitor, which takes one at a time. */
  Qmp monitor() throws IOException {
    return Qmp.connect(run.resolve("qmp.sock"));
  }

  /** Takes the agent's port out of the machine. */
  void unplugAgentPort() throws IOException {
    try (Qmp qmp = monitor()) {
      qmp.execute("device_del", Map.of("id", "agent-port"));
    }
  }

  void plugAgentPort() throws IOException {
    try (Qmp qmp = monitor()) {
      qmp.execute("device_add", AGENT_PORT);
    }
  }

  /** Keeps the logs, takes all else away. */
  @Override
  public void close() throws IOException {
    try {
      powerOff();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.createDirectories(LOGS);
    for (String log : List.of("serial.log", "qemu.log")) {
      if (Files.exists(run.resolve(log))) {
        Files.copy(
            run.resolve(log),
            LOGS.resolve(run.getFileName() + "-" + log),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.walkFileTree(
        run,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
