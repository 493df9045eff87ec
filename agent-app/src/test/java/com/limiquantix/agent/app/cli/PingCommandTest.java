package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PingCommandTest {
  private static PongResponse none(PingRequest request) {
    throw Status.UNAVAILABLE
        .withDescription("gone\u001b at " + request.getSequence())
        .asRuntimeException();
  }

  @Test
  void printsALinePerRoundTripAndASummary() throws Exception {
    try (Cli cli = taking(1_500_000, 500_000, 1_000_000)) {
      CompletableFuture<Integer> run = cli.start("ping", "-c", "3");
      cli.timers.runEarliestOf(1);
      cli.timers.runEarliestOf(1);

      assertThat(run.get()).isZero();
      assertThat(cli.out())
          .isEqualTo(
              """
              PING unix:/x.sock (in-process)
              answer from agent 1.4.2: seq=1 time=1.500 ms
              answer from agent 1.4.2: seq=2 time=0.500 ms
              answer from agent 1.4.2: seq=3 time=1.000 ms

              --- unix:/x.sock ping statistics ---
              3 transmitted, 3 received, 0% loss, time 2001 ms
              rtt min/avg/max/mdev = 0.500/1.000/1.500/0.408 ms
              """);
    }
  }

  @Test
  void keepsItsPaceWhateverARoundTripTakes() throws Exception {
    try (Cli cli = taking(300_000_000, 300_000_000, 0)) {
      CompletableFuture<Integer> run = cli.start("ping", "-c", "3", "-i", "0.5", "-q");
      cli.timers.runEarliestOf(1);
      cli.timers.runEarliestOf(1);

      assertThat(run.get()).isZero();
      assertThat(cli.out()).contains("time 1000 ms");
    }
  }

  @Test
  void quietPrintsOnlyHeadAndSummary() throws Exception {
    try (Cli cli = taking(1_000_000)) {
      assertThat(cli.run("ping", "-q", "-c", "1")).isZero();

      assertThat(cli.out()).hasLineCount(5).doesNotContain("seq=");
    }
  }

  @Test
  void noAnswerAtAllHasItsOwnExitCode() throws Exception {
    try (Cli cli = new Cli(FakeAgent.ponging(PingCommandTest::none))) {
      assertThat(cli.run("ping", "-c", "1")).isEqualTo(1);

      assertThat(cli.out())
          .contains("no answer: seq=1 UNAVAILABLE gone\\x1b at 1\n")
          .contains("1 transmitted, 0 received, 100% loss")
          .doesNotContain("rtt");
    }
  }

  @Test
  void anyAnswerIsSuccess() throws Exception {
    Function<PingRequest, PongResponse> second =
        request -> request.getSequence() == 2 ? FakeAgent.pong(request) : none(request);
    try (Cli cli = new Cli(FakeAgent.ponging(second))) {
      CompletableFuture<Integer> run = cli.start("ping", "-c", "3");
      cli.timers.runEarliestOf(1);
      cli.timers.runEarliestOf(1);

      assertThat(run.get()).isZero();
      assertThat(cli.out()).contains("3 transmitted, 1 received, 66% loss");
    }
  }

  @Test
  void anAnswerToAnotherPingIsNoAnswer() throws Exception {
    try (Cli cli =
        new Cli(FakeAgent.ponging(r -> PongResponse.newBuilder().setSequence(9).build()))) {
      assertThat(cli.run("ping", "-c", "1")).isEqualTo(1);

      assertThat(cli.out()).contains("another sequence number");
    }
  }

  @Test
  void stopsAtTheDeadline() throws Exception {
    try (Cli cli = taking(0, 0, 0)) {
      CompletableFuture<Integer> run = cli.start("ping", "-w", "2.5");
      cli.timers.runEarliestOf(2);
      cli.timers.runEarliestOf(2);
      cli.timers.runEarliestOf(2);

      assertThat(run.get()).isZero();
      assertThat(cli.out()).contains("3 transmitted, 3 received, 0% loss, time 2500 ms");
    }
  }

  @ParameterizedTest
  @CsvSource({"INT,0", "TERM,143", "HUP,129"})
  void aSignalEndsItWithASummary(Signal signal, int expected) throws Exception {
    try (Cli cli = new Cli(FakeAgent.ponging(FakeAgent::pong))) {
      CompletableFuture<Integer> run = cli.start("ping");
      cli.timers.runEarliestOf(1);
      cli.timers.awaitPending(1);

      cli.signals.raise(signal);

      assertThat(run.get()).isEqualTo(expected);
      assertThat(cli.out()).contains("ping statistics", "2 transmitted, 2 received, 0% loss");
    }
  }

  @Test
  void asJsonEveryRoundTripAndTheSummaryAreObjects() throws Exception {
    Function<PingRequest, PongResponse> first =
        request -> request.getSequence() == 1 ? FakeAgent.pong(request) : none(request);
    try (Cli cli = new Cli(FakeAgent.ponging(first))) {
      CompletableFuture<Integer> run = cli.start("--json", "ping", "-c", "2");
      cli.timers.runEarliestOf(1);

      assertThat(run.get()).isZero();
      assertThat(cli.out())
          .isEqualTo(
              "{\"seq\":1,\"time_ms\":0.000,\"version\":\"1.4.2\",\"uptime_seconds\":77}\n"
                  + "{\"seq\":2,\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"gone\\u001b at 2\"}}\n"
                  + "{\"transmitted\":2,\"received\":1,\"loss_percent\":50,\"time_ms\":1000.000,"
                  + "\"rtt_ms\":{\"min\":0.000,\"avg\":0.000,\"max\":0.000,\"mdev\":0.000}}\n");
    }
  }

  /** An agent whose pings take that long, one after the other. */
  private static Cli taking(long... nanos) throws Exception {
    Cli[] cli = new Cli[1];
    cli[0] =
        new Cli(
            FakeAgent.ponging(
                request -> {
                  cli[0].timers.pass(nanos[(int) request.getSequence() - 1]);
                  return FakeAgent.pong(request);
                }));
    return cli[0];
  }
}
