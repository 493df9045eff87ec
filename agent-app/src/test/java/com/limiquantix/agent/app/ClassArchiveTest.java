package com.limiquantix.agent.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What {@code lib/archive-classes} writes is used, and does no harm where it can't be. */
@EnabledOnOs(OS.LINUX)
class ClassArchiveTest {
  private static final String ARCHIVE = "lib/classes.jsa";

  @TempDir static Path home;
  private static Distribution distribution;

  @TempDir Path directory;

  @BeforeAll
  static void archive() throws Exception {
    distribution = Distribution.in(home);
    write();
  }

  private static void write() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(distribution.file("lib/archive-classes").toString())
            .redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process script = builder.start();
    String output = new String(script.getInputStream().readAllBytes(), UTF_8);
    assertThat(script.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(script.exitValue()).as(output).isZero();
  }

  /** Starts an agent, and tells whether its JVM takes our classes from the archive. */
  private boolean isUsed() throws Exception {
    Path config = Files.writeString(directory.resolve("agent.yaml"), "device_path: none\n");
    Path classes = directory.resolve("classes.log");
    Distribution logging = distribution.withJavaOptions("-Xlog:class+load:file=" + classes);
    String socket = "unix:" + directory.resolve("agent.sock");
    try (AgentProcess agent =
        new AgentProcess(logging, "--config", config.toString(), "--listen", socket)) {
      // The first line that is printed: a JVM that complains would be heard before.
      assertThat(agent.nextLine()).contains("listening on unix socket");
      agent.awaitLine("is ready");
      agent.signal("TERM");
      assertThat(agent.exitCode()).isZero();
    }
    try (Stream<String> loaded = Files.lines(classes)) {
      // What lies over the archive of the JDK itself.
      return loaded.anyMatch(line -> line.endsWith("shared objects file (top)"));
    }
  }

  @Test
  void givenArchive_thenTheAgentUsesIt_andItMayBeWrittenAnew() throws Exception {
    assertThat(isUsed()).isTrue();

    write();

    assertThat(isUsed()).isTrue();
    try (Stream<Path> files = Files.list(home.resolve("lib"))) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .contains("classes.jsa")
          .doesNotContain("classes.jsa.new");
    }
  }

  @Test
  void givenArchiveOfOtherJars_thenTheAgentStartsWithoutIt_andSaysNothing() throws Exception {
    Path jar;
    try (Stream<Path> files = Files.list(home.resolve("lib"))) {
      // One that the agent has loaded classes from; of others the JVM need not take notice.
      jar =
          files.filter(file -> file.toString().contains("-protobuf-java-")).findAny().orElseThrow();
    }
    FileTime before = Files.getLastModifiedTime(jar);
    Files.setLastModifiedTime(jar, FileTime.fromMillis(before.toMillis() + 60_000));
    try {
      assertThat(isUsed()).isFalse();
    } finally {
      Files.setLastModifiedTime(jar, before);
    }
  }

  @Test
  void givenWhatIsNoArchive_thenTheAgentStartsWithoutIt_andSaysNothing() throws Exception {
    Path archive = distribution.file(ARCHIVE);
    byte[] whole = Files.readAllBytes(archive);
    try {
      for (String content : List.of("", "no archive", "no archive\n".repeat(100_000))) {
        Files.delete(archive);
        Files.writeString(archive, content);

        assertThat(isUsed()).as("%d characters", content.length()).isFalse();
      }
    } finally {
      Files.delete(archive);
      Files.write(archive, whole);
    }
  }
}
