package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import org.junit.jupiter.api.Test;

class InfoCommandTest {
  private static GetCapabilitiesResponse.Builder capabilities() {
    return GetCapabilitiesResponse.newBuilder()
        .setVersion("1.4.2")
        .setOs("linux")
        .setArchitecture("x86_64")
        .addCapabilities("agent")
        .addCapabilities("exec")
        .putFeatures("exec.max_timeout_seconds", "300")
        .putFeatures("b", "2")
        .setBuildTime("2026-01-02T03:04:05Z")
        .setBuildCommit("abc123");
  }

  @Test
  void showsAnAlignedTable() throws Exception {
    try (Cli cli = new Cli(FakeAgent.capableOf(capabilities()))) {
      assertThat(cli.run("info")).isZero();

      assertThat(cli.out())
          .isEqualTo(
              """
              Target                      unix:/x.sock
              Peer                        in-process
              Agent version               1.4.2
              System                      linux x86_64
              Built                       2026-01-02T03:04:05Z
              Revision                    abc123
              Capabilities                agent, exec
                b                         2
                exec.max_timeout_seconds  300
              """);
    }
  }

  @Test
  void showsOneJsonObject() throws Exception {
    try (Cli cli = new Cli(FakeAgent.capableOf(capabilities()))) {
      assertThat(cli.run("info", "--json")).isZero();

      assertThat(cli.out())
          .isEqualTo(
              "{\"peer\":\"in-process\",\"version\":\"1.4.2\",\"os\":\"linux\","
                  + "\"architecture\":\"x86_64\",\"capabilities\":[\"agent\",\"exec\"],"
                  + "\"features\":{\"b\":\"2\",\"exec.max_timeout_seconds\":\"300\"},"
                  + "\"build_time\":\"2026-01-02T03:04:05Z\",\"build_commit\":\"abc123\"}\n");
    }
  }

  @Test
  void aGuestCannotSendControlSequencesNorForgeRows() throws Exception {
    GetCapabilitiesResponse.Builder hostile =
        GetCapabilitiesResponse.newBuilder()
            .setVersion("1\u001b]0;owned\u0007\nAgent version  2")
            .putFeatures("\u009b2J\u202e", "\r");
    try (Cli cli = new Cli(FakeAgent.capableOf(hostile))) {
      assertThat(cli.run("info")).isZero();

      assertThat(cli.out())
          .contains("1\\x1b]0;owned\\x07\\nAgent version  2")
          .contains("\\x9b2J\\u202e  \\r")
          .hasLineCount(6)
          .matches("[ -~\n]*");
    }
  }

  @Test
  void anAgentWithoutTheServiceIsAFailureWithAdvice() throws Exception {
    try (Cli cli = new Cli()) {
      assertThat(cli.run("info")).isEqualTo(125);

      assertThat(cli.err()).contains("UNIMPLEMENTED");
    }
  }
}
