package com.limiquantix.agent.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestCommandTest {
  private final Path directory;

  GuestCommandTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aProgramWithArgumentsNeedsNoShell() throws Exception {
    assertThat(GuestCommand.direct(List.of("it's", "a b")))
        .isEqualTo(new GuestCommand("it's", List.of("a b")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "two words",
        "it's",
        "''",
        "$(touch x)",
        "`id`",
        "a;b",
        "a&b|c>d<e",
        "*",
        "~",
        "back\\slash",
        "\"quoted\"",
        "new\nline",
        "#comment",
        "A=1",
        "if",
        "test",
        "ä"
      })
  void everyShellRunsExactlyTheProgramOfThatName(String name) throws Exception {
    Path program = directory.resolve(name);
    Files.writeString(program, "#!/bin/sh\necho it ran\nexit 42\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    String line = GuestCommand.direct(List.of(name)).command();

    for (String shell : List.of("/bin/sh", "/bin/bash", "/bin/dash")) {
      if (Files.isExecutable(Path.of(shell))) {
        Process process = run(shell, line);
        assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
            .isEqualTo("it ran\n");
        assertThat(process.waitFor()).isEqualTo(42);
      }
    }
    assertThat(directory).isDirectoryContaining(program::equals);
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void theShellsOwnExitCodesForMissingAndUnusableProgramsAreTheUsualOnes() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")));

    assertThat(run("/bin/sh", GuestCommand.direct(List.of("missing")).command()).waitFor())
        .isEqualTo(127);
    Files.createFile(directory.resolve("unusable"));
    String unusable = directory.resolve("unusable").toString();
    assertThat(run("/bin/sh", GuestCommand.direct(List.of(unusable)).command()).waitFor())
        .isEqualTo(126);
  }

  @Test
  void aProgramThatAShellMightTakeForAnOptionIsRefused() {
    assertThatThrownBy(() -> GuestCommand.direct(List.of("-x")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("./-x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\ufffd", "\ud800", "\udc00x"})
  void wordsThatWereDamagedOnTheWayToUsAreRefused(String word) {
    assertThatThrownBy(() -> GuestCommand.direct(List.of("prog", word)))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("word 2")
        .hasMessageContaining("LC_ALL=C.UTF-8");
  }

  private Process run(String shell, String line) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(shell, "-c", line).redirectErrorStream(true);
    builder.environment().putAll(Map.of("PATH", directory + ":/usr/bin:/bin"));
    return builder.start();
  }
}
