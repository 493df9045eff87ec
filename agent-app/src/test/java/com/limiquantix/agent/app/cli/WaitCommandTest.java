package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WaitCommandTest {
  /** The first attempts fail; time goes on by itself by half a second before each. */
  private static Cli reachableAfter(int failures, AtomicInteger attempts) throws Exception {
    Cli cli = new Cli(FakeAgent.ponging(FakeAgent::pong));
    GuestConnector reachable = cli.connector;
    cli.connector =
        (target, timeout) -> {
          if (attempts.getAndIncrement() < failures) {
            throw Status.UNAVAILABLE.withDescription("nobody listens").asException();
          }
          return reachable.connect(target, timeout);
        };
    return cli;
  }

  @Test
  void givenAgentThatComesLater_thenItIsWaitedFor() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    try (Cli cli = reachableAfter(2, attempts)) {
      CompletableFuture<Integer> exit = cli.start("wait");
      cli.timers.runEarliestOf(1);
      cli.timers.runEarliestOf(1);

      assertThat(exit.get()).isZero();
      assertThat(cli.out()).isEqualTo("agent 1.4.2 answers after 1.0 s\n");
      assertThat(attempts).hasValue(3);
    }
  }

  @Test
  void givenNobody_whenTheTimeIsOver_thenItSaysWhatWasTheCaseLast() throws Exception {
    try (Cli cli = reachableAfter(Integer.MAX_VALUE, new AtomicInteger())) {
      CompletableFuture<Integer> exit = cli.start("wait", "--for", "0.7");
      cli.timers.runEarliestOf(1);
      cli.timers.runEarliestOf(1);

      assertThat(exit.get()).isEqualTo(ExitCode.TIMED_OUT);
      assertThat(cli.err())
          .contains("nobody answered within 0.7 s")
          .contains("cannot ping unix:/x.sock: nobody listens");
    }
  }

  @Test
  void givenWaiting_whenSigint_thenItEndsAtOnce() throws Exception {
    try (Cli cli = reachableAfter(1, new AtomicInteger())) {
      CompletableFuture<Integer> exit = cli.start("wait");
      cli.timers.awaitPending(1);

      cli.signals.raise(Signal.INT);

      assertThat(exit.get()).isEqualTo(130);
    }
  }

  @Test
  void givenWrongUse_thenNothingIsWaitedFor() throws Exception {
    try (Cli cli = new Cli()) {
      assertThat(cli.runExactly("wait")).isEqualTo(ExitCode.FAILED);

      assertThat(cli.err()).contains("it is not said whom to reach");
    }
  }
}
