package com.limiquantix.agent.handlers.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GuestFactsTest {
  @Test
  void givenDebiansFile_thenNameAndVersionAreRead() {
    Map<String, String> release =
        OsRelease.parse(
            """
            PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
            NAME="Debian GNU/Linux"
            VERSION_ID="12"
            VERSION="12 (bookworm)"
            ID=debian
            """);

    assertThat(release)
        .containsEntry("NAME", "Debian GNU/Linux")
        .containsEntry("VERSION_ID", "12")
        .containsEntry("ID", "debian");
  }

  @Test
  void givenQuotesCommentsAndEscapes_thenTheyMeanWhatAShellTakesThemFor() {
    Map<String, String> release =
        OsRelease.parse(
            """
            # NAME=not this

            NAME='O\\S "x"'
            VARIANT="a \\"b\\" \\$c"
            no assignment
            =nor this
            ID=\\
            """);

    assertThat(release)
        .containsEntry("NAME", "O\\S \"x\"")
        .containsEntry("VARIANT", "a \"b\" $c")
        .containsEntry("ID", "\\")
        .hasSize(3);
  }

  @Test
  void givenThisSystem_thenItsKernelAndHostNameAreThoseThatTheKernelTells() throws Exception {
    Path release = Path.of("/proc/sys/kernel/osrelease");
    assumeTrue(Files.isReadable(release));

    GuestFacts facts = GuestFacts.ofThisSystem();

    assertThat(facts.kernelVersion()).isEqualTo(Files.readString(release).strip());
    assertThat(facts.hostname())
        .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
    assertThat(facts.architecture()).isNotEmpty().isNotEqualTo("amd64");
    assertThat(facts.ipAddresses())
        .doesNotContain("127.0.0.1", "0:0:0:0:0:0:0:1")
        .allMatch(address -> !address.contains("%") && !address.startsWith("fe80"));
  }
}
