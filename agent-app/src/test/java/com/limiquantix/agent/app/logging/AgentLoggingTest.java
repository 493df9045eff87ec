package com.limiquantix.agent.app.logging;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.AgentConfigBuilder;
import com.limiquantix.agent.app.config.LogFormat;
import com.limiquantix.agent.app.config.LogLevel;
import com.limiquantix.agent.security.record.RecordWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.yaml.snakeyaml.Yaml;

/** What comes out of the process when it logs. YAML being a superset, it reads the JSON lines. */
final class AgentLoggingTest {

  private static final Logger LOG = LoggerFactory.getLogger("com.example.Some");

  private final Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  AgentLoggingTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void givenJson_whenLogged_thenOneObjectPerLineHasAllFields() throws Exception {
    Instant before = Instant.now().minusMillis(1);
    during(
        config(),
        () -> {
          LOG.info("served {} calls", 3);
        });

    Map<String, Object> line = onlyJsonLine();
    assertThat(line.keySet()).containsExactly("time", "level", "logger", "thread", "message");
    assertThat(line)
        .containsEntry("level", "INFO")
        .containsEntry("logger", "com.example.Some")
        .containsEntry("thread", Thread.currentThread().getName())
        .containsEntry("message", "served 3 calls");
    assertThat(output()).containsPattern("\"time\":\"\\d{4}-\\d\\d-\\d\\dT[0-9:]{8}\\.\\d{3}Z\"");
    assertThat(Instant.parse(output().substring(9, 33))).isBetween(before, Instant.now());
  }

  @Test
  void givenTextThatForgesARecord_whenLoggedAsJson_thenItStaysWithinItsString() throws Exception {
    String forged =
        "x\"}\r\n{\"level\":\"ERROR\"}\u0000\u001b[2J\u0085\u2028\u202e\ud800\\ \ud83d\ude00";
    during(
        config(),
        () -> {
          LOG.info("{}", forged);
        });

    assertThat(output().lines()).hasSize(1);
    assertThat(output())
        .contains(
            "\"x\\\"}\\r\\n{\\\"level\\\":\\\"ERROR\\\"}\\u0000\\u001b[2J\\u0085\\u2028\\u202e"
                + "\\ud800\\\\ \ud83d\ude00\"");
  }

  @Test
  void givenTextThatForgesARecord_whenLoggedPretty_thenItStaysOnItsLine() throws Exception {
    during(
        config().logFormat(LogFormat.PRETTY),
        () -> {
          LOG.warn("a\n2026-01-01T00:00:00.000Z INFO  [main] x: forged\u001b[1A\u2029");
        });

    assertThat(output().lines()).hasSize(1);
    assertThat(output())
        .matches("[0-9-]{10}T[0-9:.]{12}Z WARN  \\[.+] com\\.example\\.Some: a\\\\n2026-.*\n")
        .contains("forged\\u001b[1A\\u2029");
  }

  @Test
  void givenAnExceptionThatForgesARecord_whenLogged_thenEveryLineOfItIsIndented() throws Exception {
    Exception failure = new IllegalStateException("a\nforged", new IOException("b\r\nforged too"));
    during(
        config().logFormat(LogFormat.PRETTY),
        () -> {
          LOG.error("failed", failure);
        });

    List<String> lines = output().lines().toList();
    assertThat(lines.get(0)).endsWith(" com.example.Some: failed");
    assertThat(lines.get(1)).isEqualTo("    java.lang.IllegalStateException: a\\nforged");
    assertThat(lines).contains("    caused by java.io.IOException: b\\r\\nforged too");
    assertThat(lines.subList(1, lines.size())).allMatch(line -> line.startsWith("    "));
  }

  @Test
  void givenAnException_whenLoggedAsJson_thenItIsOneField() throws Exception {
    during(
        config(),
        () -> {
          LOG.error("failed", new IOException("a \"b\""));
        });

    assertThat(onlyJsonLine().get("exception"))
        .asString()
        .startsWith("java.io.IOException: a \"b\"\n  at " + AgentLoggingTest.class.getName());
  }

  @Test
  void givenTextAndCausesWithoutEnd_whenLogged_thenTheRecordEnds() throws Exception {
    Exception failure = new IOException("m".repeat(1_000_000));
    for (int i = 0; i < 1000; i++) {
      failure = new IOException("m".repeat(1000), failure);
    }
    Exception outermost = failure;
    during(
        config(),
        () -> {
          LOG.error("x".repeat(1_000_000), outermost);
        });

    Map<String, Object> line = onlyJsonLine();
    assertThat(line.get("message")).asString().endsWith("x... (991808 more characters)");
    assertThat(line.get("exception")).asString().contains("... more causes");
    assertThat(output().length()).isLessThan(32_000);
  }

  @Test
  void givenALevel_whenItIsChanged_thenTheNextRecordFollowsIt() throws Exception {
    try (AgentLogging logging = install(config().logLevel(LogLevel.WARN))) {
      LOG.info("one");
      logging.setLevel(LogLevel.DEBUG);
      LOG.debug("two");
      logging.setLevel(LogLevel.ERROR);
      LOG.warn("three");
    }

    assertThat(onlyJsonLine()).containsEntry("message", "two");
  }

  @Test
  void givenALibraryThatUsesJavaUtilLogging_thenItsRecordsAreInTheLog() throws Exception {
    java.util.logging.Logger jul = java.util.logging.Logger.getLogger("io.example");
    during(
        config().logLevel(LogLevel.TRACE),
        () -> {
          jul.fine("metadata of a call");
          jul.log(java.util.logging.Level.WARNING, "took {0}\n", "long");
        });

    assertThat(onlyJsonLine())
        .containsEntry("level", "WARN")
        .containsEntry("logger", "io.example")
        .containsEntry("message", "took long\n");
  }

  @Test
  void givenAFile_whenItReachesItsSize_thenItIsRotatedAndTheOldestGoes() throws Exception {
    Path file = directory.resolve("logs").resolve("a %i (1).log");
    during(
        config().logFile(file.toString()).logMaxSizeBytes(65_536).logMaxFiles(2),
        () -> {
          for (int i = 0; i < 4000; i++) {
            LOG.info("record {} {}", i, "x".repeat(100));
            if (i % 400 == 399) {
              // No faster than the disk, or records would be lost.
              awaitRecord(file, i);
            }
          }
        });

    assertThat(output()).isEmpty();
    try (var files = Files.list(directory.resolve("logs"))) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("a %i (1).log", "a %i (1).log.1", "a %i (1).log.2");
    }
    Path first = file.resolveSibling("a %i (1).log.1");
    assertThat(Files.size(first)).isBetween(65_536L, 66_000L);
    assertThat(last(file)).contains("record 3999 ");
    int next = number(last(first)) + 1;
    assertThat(number(Files.readAllLines(file).get(0))).isEqualTo(next);
  }

  @Test
  void givenAFileThatExists_whenTheLogBegins_thenItIsAppended() throws Exception {
    Path file = directory.resolve("agent.log");
    Files.writeString(file, "before\n");
    during(
        config().logFile(file.toString()),
        () -> {
          LOG.info("after");
        });

    assertThat(Files.readAllLines(file)).hasSize(2).first().isEqualTo("before");
  }

  @Test
  void givenAFileThatCantBeOpened_thenItIsNamedAndTheLogGoesToStandardOutput() throws Exception {
    Path file = Files.createDirectory(directory.resolve("agent.log"));
    during(
        config().logFile(file.toString()),
        () -> {
          LOG.info("still here");
        });

    assertThat(output().lines()).hasSize(2);
    assertThat(output().lines().findFirst().orElseThrow())
        .contains("\"level\":\"ERROR\"")
        .contains("the log file can't be opened and the log goes to standard output: " + file);
    assertThat(output()).contains("still here");
  }

  @Test
  void givenAnArgument_whenItChangesAfterTheCall_thenTheRecordHasWhatItWas() throws Exception {
    StringBuilder changing = new StringBuilder("before");
    during(
        config(),
        () -> {
          LOG.info("it was {}", changing);
          changing.setLength(0);
        });

    assertThat(onlyJsonLine()).containsEntry("message", "it was before");
  }

  private AgentLogging install(AgentConfigBuilder config) {
    return AgentLogging.install(config.build(), Channels.newChannel(out), RecordWriter.RETRY);
  }

  private void during(AgentConfigBuilder config, Runnable what) {
    AgentLogging logging = install(config);
    try {
      what.run();
    } finally {
      logging.close();
    }
  }

  private static AgentConfigBuilder config() {
    return AgentConfig.defaults().toBuilder();
  }

  private String output() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private Map<String, Object> onlyJsonLine() {
    assertThat(output().lines()).hasSize(1);
    return new Yaml().load(output());
  }

  /** Waits until a record is the newest of the file or of the one before it. */
  private static void awaitRecord(Path file, int number) {
    String text = "record " + number + " ";
    Path before = file.resolveSibling(file.getFileName() + ".1");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!contains(file, text) && !contains(before, text)) {
      assertThat(System.nanoTime()).as("time until %sis written", text).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.readString(file).contains(text);
    } catch (IOException e) {
      // It is being rotated, or not there yet.
      return false;
    }
  }

  private static String last(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    return lines.get(lines.size() - 1);
  }

  private static int number(String line) {
    int start = line.indexOf("record ") + 7;
    return Integer.parseInt(line.substring(start, line.indexOf(' ', start)));
  }
}
