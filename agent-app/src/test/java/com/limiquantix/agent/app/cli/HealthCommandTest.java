package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.handlers.health.HealthHandler;
import org.junit.jupiter.api.Test;

class HealthCommandTest {
  private static HealthHandler health(boolean files) {
    HealthHandler health = new HealthHandler();
    health.serves(HealthHandler.AGENT);
    health.serves("x.Exec");
    if (files) {
      health.serves("x.Files");
    } else {
      health.fails("x.Files", "a handler of x.Files/Read does not return");
    }
    return health;
  }

  @Test
  void givenAllServing_thenEachIsShown_andTheExitCodeIsZero() throws Exception {
    try (HealthHandler health = health(true);
        Cli cli = new Cli(health)) {
      assertThat(cli.run("health")).isZero();

      assertThat(cli.out())
          .isEqualTo(
              """
              agent    serving
              x.Exec   serving
              x.Files  serving
              """);
    }
  }

  @Test
  void givenOneThatDoesNotServe_thenTheExitCodeIsOne() throws Exception {
    try (HealthHandler health = health(false);
        Cli cli = new Cli(health)) {
      assertThat(cli.run("health", "--json")).isEqualTo(ExitCode.NOT_WELL);

      assertThat(cli.out())
          .isEqualTo(
              "{\"healthy\":false,\"agent\":\"serving\","
                  + "\"services\":{\"x.Exec\":\"serving\",\"x.Files\":\"not serving\"},"
                  + "\"reasons\":{\"x.Files\":\"a handler of x.Files/Read does not return\"}}\n");
    }
  }

  @Test
  void givenOneThatDoesNotServe_thenTheReasonFollowsTheTable() throws Exception {
    try (HealthHandler health = health(false);
        Cli cli = new Cli(health)) {
      assertThat(cli.run("health")).isEqualTo(ExitCode.NOT_WELL);

      assertThat(cli.out())
          .isEqualTo(
              """
              agent    serving
              x.Exec   serving
              x.Files  not serving
              x.Files: a handler of x.Files/Read does not return
              """);
    }
  }

  @Test
  void givenAnAgentWithoutHealth_thenItIsAFailure() throws Exception {
    try (Cli cli = new Cli()) {
      assertThat(cli.run("health")).isEqualTo(ExitCode.FAILED);

      assertThat(cli.err()).contains("cannot get the health of unix:/x.sock", "UNIMPLEMENTED");
    }
  }
}
