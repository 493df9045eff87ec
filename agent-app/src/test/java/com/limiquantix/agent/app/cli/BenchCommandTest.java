package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import io.grpc.BindableService;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.yaml.snakeyaml.Yaml;

/** YAML being a superset, it reads the JSON. */
@EnabledOnOs(OS.LINUX)
class BenchCommandTest {
  private static final long PING_NANOS = 100_000;
  private static final long EXEC_NANOS = 2_000_000;

  private final List<ExecuteRequest> executed = new ArrayList<>();
  private Cli cli = new Cli();

  BenchCommandTest() throws IOException {}

  @AfterEach
  void closeCli() {
    cli.close();
  }

  private void serve(BindableService... services) throws IOException {
    cli.close();
    cli = new Cli(services);
  }

  private PongResponse slowPong(PingRequest request) {
    cli.timers.pass(PING_NANOS);
    return FakeAgent.pong(request);
  }

  private FakeAgent agent() {
    return FakeAgent.ponging(this::slowPong);
  }

  /** An exec service whose programs take their time and end so. */
  private BindableService programs(ExecuteResponse.Builder response) {
    return new ExecServiceGrpc.ExecServiceImplBase() {
      @Override
      public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> observer) {
        executed.add(request);
        cli.timers.pass(EXEC_NANOS);
        observer.onNext(response.build());
        observer.onCompleted();
      }
    };
  }

  private Map<String, Object> json() {
    return new Yaml().load(cli.out());
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> json(String member) {
    return (Map<String, Object>) Objects.requireNonNull(json().get(member));
  }

  @Test
  void everyMeasurementHasItsLine() throws Exception {
    serve(agent(), programs(ExecuteResponse.newBuilder()));

    assertThat(cli.run("bench", "--idle", "0", "--duration", "0.1")).as(cli::err).isZero();

    assertThat(cli.out().lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("BENCH unix:/x.sock (in-process), agent 1.4.2"),
            line ->
                assertThat(line)
                    .isEqualTo(
                        "ping, 1 caller            p50 100.0 us, p99 100.0 us, p99.9 100.0 us,"
                            + " 10000 calls/s"),
            line -> assertThat(line).matches("ping, 32 callers {10}p50 .* calls/s"),
            line ->
                assertThat(line)
                    .isEqualTo(
                        "exec /bin/true            p50 2000.0 us, p99 2000.0 us, p99.9 2000.0 us"),
            line -> assertThat(line).startsWith("posix_spawn and waitpid "));
    assertThat(executed.get(0).getCommand()).isEqualTo("/bin/true");
    assertThat(executed.get(0).getArgsList()).isNotEmpty();
  }

  @Test
  void jsonIsOneObjectWithNumbers() throws Exception {
    serve(agent(), programs(ExecuteResponse.newBuilder()));

    assertThat(cli.run("bench", "--idle", "0", "--duration", "0.1", "--json")).isZero();

    assertThat(cli.out().lines()).hasSize(1);
    assertThat(json())
        .containsEntry("peer", "in-process")
        .containsEntry("version", "1.4.2")
        .doesNotContainKeys("idle", "afterwards");
    assertThat(json("ping"))
        .containsEntry("calls", 1000)
        .containsEntry("callers", 1)
        .containsEntry("per_second", 10_000)
        .containsEntry("p50_us", 100.0)
        .containsKeys("p99_us", "p999_us", "max_us");
    assertThat(json("ping_concurrent")).containsEntry("callers", 32);
    assertThat(json("exec")).containsEntry("calls", 50).containsEntry("p50_us", 2000.0);
    assertThat(json("posix_spawn")).containsEntry("calls", 50);
  }

  @Test
  void anAgentWithoutCommandsIsMeasuredWithoutThem() throws Exception {
    serve(agent());

    assertThat(cli.run("bench", "--idle", "0", "--duration", "0.1", "--json")).isZero();

    assertThat(json("exec").get("skipped")).asString().startsWith("UNIMPLEMENTED");
    assertThat(json()).doesNotContainKey("posix_spawn").containsKey("ping");
  }

  @Test
  void aProgramThatFailsIsNotMeasured() throws Exception {
    serve(agent(), programs(ExecuteResponse.newBuilder().setExitCode(3)));

    assertThat(cli.run("bench", "--idle", "0", "--duration", "0.1")).isZero();

    assertThat(cli.out()).contains("exec                      not measured: UNKNOWN").contains("3");
    assertThat(executed).hasSize(1);
  }

  @Test
  void anIdleProcessOfThisMachineIsWatchedBeforeAndLookedAtAfterwards() throws Exception {
    serve(agent());
    String self = String.valueOf(ProcessHandle.current().pid());

    CompletableFuture<Integer> run =
        cli.start("bench", "--pid", self, "--idle", "7", "--duration", "0.1", "--json");
    cli.timers.runEarliestOf(1);

    assertThat(run.get()).isZero();
    assertThat(json("idle"))
        .containsEntry("time_ms", 7000.0)
        .containsKeys("resident_kib", "anonymous_kib", "threads", "descriptors", "cpu_percent");
    assertThat(json("afterwards")).containsKeys("resident_kib", "anonymous_kib");
  }

  @Test
  void whoIsNotOnThisMachineIsNotWatched() throws Exception {
    serve(agent());

    assertThat(cli.run("bench", "--duration", "0.1")).isZero();

    assertThat(cli.out()).contains("idle                      not measured: ").contains("--pid");
  }

  @Test
  void aProcessThatIsGoneIsNamed() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    serve(agent());

    assertThat(cli.run("bench", "--pid", String.valueOf(gone.pid()), "--duration", "0.1")).isZero();

    assertThat(cli.out()).contains("not measured: there is no process " + gone.pid());
  }

  @Test
  void anAgentThatFailsEndsTheMeasurement() throws Exception {
    serve(
        FakeAgent.ponging(
            request -> {
              throw Status.RESOURCE_EXHAUSTED.withDescription("too\u001bmany").asRuntimeException();
            }));

    assertThat(cli.run("bench", "--idle", "0")).isEqualTo(ExitCode.FAILED);

    assertThat(cli.err()).contains("cannot measure unix:/x.sock: too\\x1bmany");
    assertThat(cli.closed).isTrue();
  }

  @Test
  void aSignalEndsItAndIsTold() throws Exception {
    serve(agent());

    String self = String.valueOf(ProcessHandle.current().pid());
    CompletableFuture<Integer> run = cli.start("bench", "--pid", self);
    cli.timers.awaitPending(1);
    cli.signals.raise(Signal.INT);

    assertThat(run.get()).isEqualTo(ExitCode.SIGNAL_BASE + 2);
    assertThat(cli.err()).contains("cancelled by SIGINT");
    assertThat(cli.closed).isTrue();
  }

  @Test
  void aProcessNumberIsAtLeastOne() {
    assertThat(cli.run("bench", "--pid", "0")).isEqualTo(ExitCode.FAILED);

    assertThat(cli.err()).contains("--pid must be at least 1");
  }
}
