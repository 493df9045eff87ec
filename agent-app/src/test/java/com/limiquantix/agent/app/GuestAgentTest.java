package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.app.config.ConfigReload;
import com.limiquantix.agent.protocol.health.v1.HealthCheckRequest;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse.ServingStatus;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ClockServiceGrpc;
import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import com.limiquantix.agent.protocol.v1.InterfaceState;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.SyncTimeRequest;
import com.limiquantix.agent.protocol.v1.SyncTimeResponse;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.link.InProcessLink;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as embedders use it: real stubs over real links. */
final class GuestAgentTest {
  private final Harness host = new Harness();
  private final Path directory;

  GuestAgentTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @AfterEach
  void end() {
    host.close();
  }

  @Test
  void givenALinkInThisProcess_thenPingCapabilitiesExecHealthAndEventsAreServed()
      throws IOException {
    try (GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).build()) {
      agent.start();
      AgentChannel channel = host.inProcess(agent);

      assertThat(
              AgentServiceGrpc.newBlockingStub(channel)
                  .ping(PingRequest.newBuilder().setSequence(42).build())
                  .getSequence())
          .isEqualTo(42);
      GetCapabilitiesResponse capabilities =
          AgentServiceGrpc.newBlockingStub(channel)
              .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());
      assertThat(capabilities.getCapabilitiesList())
          .containsExactly("core", "events", "exec", "telemetry");
      ExecuteResponse result = shell(channel, "echo out; echo err >&2; exit 3");
      assertThat(result.getStdout()).isEqualTo("out\n");
      assertThat(result.getStderr()).isEqualTo("err\n");
      assertThat(result.getExitCode()).isEqualTo(3);
      assertThat(
              HealthGrpc.newBlockingStub(channel)
                  .check(HealthCheckRequest.getDefaultInstance())
                  .getStatus())
          .isEqualTo(ServingStatus.SERVING);
      Event first = subscribe(channel).next();
      assertThat(first.getAgentReady().getVersion()).isEqualTo(capabilities.getVersion());
      assertThat(first.getAgentReady().getCapabilitiesList())
          .isEqualTo(capabilities.getCapabilitiesList());
      assertThat(first.getAgentReady().getKernelVersion()).isNotEmpty();
    }
  }

  @Test
  void givenAUnixSocket_thenItIsServedUntilTheAgentStops() throws IOException {
    Path socket = directory.resolve("a.sock");
    try (GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).listenUnix(socket).build()) {
      agent.start();
      assertThat(Files.getPosixFilePermissions(socket))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));

      assertThat(shell(host.unix(socket), "exit 0").getExitCode()).isZero();

      assertThat(agent.stop(Duration.ZERO)).isEqualTo(GuestAgent.StopResult.GRACEFUL);
      assertThat(socket).doesNotExist();
    }
  }

  @Test
  void givenOneOfTwoSocketsCannotBe_whenStarted_thenTheOtherIsGoneAgainAndTheReasonTold() {
    Path good = directory.resolve("good.sock");
    GuestAgent agent =
        GuestAgent.builder(AgentConfig.defaults())
            .listenUnix(good)
            .listenUnix(directory.resolve("missing/bad.sock"))
            .build();

    assertThatThrownBy(agent::start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("missing/bad.sock");

    assertThat(good).doesNotExist();
    assertThatThrownBy(agent::start).isInstanceOf(IllegalStateException.class);
    agent.close();
  }

  @Test
  void givenAServiceOfTheEmbedder_thenItIsServedBesideTheAgentsOwn() throws IOException {
    ClockServiceGrpc.ClockServiceImplBase own =
        new ClockServiceGrpc.ClockServiceImplBase() {
          @Override
          public void syncTime(SyncTimeRequest request, StreamObserver<SyncTimeResponse> answer) {
            answer.onNext(SyncTimeResponse.newBuilder().setSuccess(true).build());
            answer.onCompleted();
          }
        };
    try (GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).addService(own).build()) {
      agent.start();

      assertThat(
              ClockServiceGrpc.newBlockingStub(host.inProcess(agent))
                  .syncTime(SyncTimeRequest.getDefaultInstance())
                  .getSuccess())
          .isTrue();
    }
  }

  @Test
  void givenACommandRuns_whenStoppedWithoutGrace_thenItIsForcedAndTheCommandEnds()
      throws Exception {
    GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).build();
    agent.start();
    AgentChannel channel = host.inProcess(agent);
    Path pid = directory.resolve("pid");
    ListenableFuture<ExecuteResponse> call =
        ExecServiceGrpc.newFutureStub(channel)
            .execute(
                shellRequest(
                    "echo $$ >" + pid + ".new; mv " + pid + ".new " + pid + "; exec sleep 1000"));
    CountDownLatch ended = new CountDownLatch(1);
    call.addListener(ended::countDown, Runnable::run);
    ProcessHandle command = Waiting.forProcessNamedIn(pid);

    assertThat(agent.stop(Duration.ZERO)).isEqualTo(GuestAgent.StopResult.FORCED);

    assertThat(command.isAlive()).isFalse();
    assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(call::get).hasCauseInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void givenACommandThatSoonEnds_whenStoppedWithGrace_thenItsAnswerStillComes() throws Exception {
    GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).build();
    agent.start();
    AgentChannel channel = host.inProcess(agent);
    Path pid = directory.resolve("pid");
    ListenableFuture<ExecuteResponse> call =
        ExecServiceGrpc.newFutureStub(channel)
            .execute(
                shellRequest(
                    "echo $$ >"
                        + pid
                        + ".new; mv "
                        + pid
                        + ".new "
                        + pid
                        + "; sleep 0.3; echo done"));
    Waiting.forProcessNamedIn(pid);

    assertThat(agent.stop(Duration.ofSeconds(10))).isEqualTo(GuestAgent.StopResult.GRACEFUL);

    assertThat(call.get().getStdout()).isEqualTo("done\n");
  }

  @Test
  void givenASubscriber_whenStopped_thenItHearsUnavailableAndTheStopIsGraceful() throws Exception {
    GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).build();
    agent.start();
    Iterator<Event> events = subscribe(host.inProcess(agent));
    events.next();

    assertThat(agent.stop(Duration.ofSeconds(10))).isEqualTo(GuestAgent.StopResult.GRACEFUL);

    assertThatThrownBy(events::next)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getDescription()).isEqualTo("the agent is stopping");
            });
  }

  @Test
  void givenAStoppedAgent_whenGivenALink_thenItClosesIt() throws IOException {
    GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).build();
    InProcessLink early = InProcessLink.pair("early", Runnable::run).second();
    assertThatThrownBy(() -> agent.serve(early)).isInstanceOf(IllegalStateException.class);
    agent.start();
    agent.close();

    assertThatThrownBy(
            () ->
                AgentServiceGrpc.newBlockingStub(host.inProcess(agent))
                    .ping(PingRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void whenReloaded_thenTheNextCommandHasTheNewTimeLimitAndAWrongFileIsReported()
      throws IOException {
    Path file = directory.resolve("agent.yaml");
    try (GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).build()) {
      agent.start();
      AgentChannel channel = host.inProcess(agent);
      Iterator<Event> events = subscribe(channel);
      events.next();

      Files.writeString(file, "max_exec_timeout_secs: 1\n");
      ConfigReload applied = agent.reload(new ConfigLoader().load(file));
      assertThat(((ConfigReload.Applied) applied).changed())
          .containsExactly("max_exec_timeout_secs");
      assertThat(shell(channel, "exec sleep 100").getTimedOut()).isTrue();

      Files.writeString(file, "log_level: info\nmax_exec_timeout_secs: one\n");
      assertThat(agent.reload(new ConfigLoader().load(file))).isInstanceOf(ConfigReload.Kept.class);
      Event told = events.next();
      assertThat(told.getError().getCode()).isEqualTo("CONFIG_INVALID");
      assertThat(told.getError().getDetailsMap())
          .containsEntry("line", "2")
          .containsEntry("key", "max_exec_timeout_secs");
    }
  }

  @Test
  void givenASubscriberToTelemetry_thenItsReportsAgreeWithThisSystem() throws IOException {
    Path socket = directory.resolve("a.sock");
    AgentConfig config = AgentConfig.defaults().toBuilder().telemetryIntervalSecs(1).build();
    try (GuestAgent agent = GuestAgent.builder(config).listenUnix(socket).build()) {
      agent.start();
      long before = uptimeSeconds();

      Iterator<Event> events = subscribe(host.unix(socket), EventKind.EVENT_KIND_TELEMETRY);
      TelemetryReport first = events.next().getTelemetry();
      TelemetryReport second = events.next().getTelemetry();

      assertThat(first.getCpuUsagePercent()).isZero();
      assertThat(second.getCpuUsagePercent()).isBetween(0.0, 100.0);
      assertThat(second.getUptimeSeconds()).isBetween(before, uptimeSeconds());
      assertThat(Files.readString(Path.of("/proc/meminfo")))
          .contains(" " + second.getMemoryTotalBytes() / 1024 + " kB");
      assertThat(second.getHostname())
          .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
      // More than this process and the first, fewer than numbers for processes go by default.
      assertThat(second.getProcessCount()).isBetween(2, 32768);
      for (DiskUsage disk : second.getDisksList()) {
        FileStore store = Files.getFileStore(Path.of(disk.getMountPoint()));
        assertThat(disk.getTotalBytes()).isEqualTo(store.getTotalSpace());
        assertThat(disk.getFilesystem()).isEqualTo(store.type());
      }
      for (InterfaceInfo one : second.getInterfacesList()) {
        assertThat(String.valueOf(one.getMtu())).isEqualTo(ofInterface(one, "mtu"));
        assertThat(ofInterface(one, "address")).startsWith(one.getMacAddress());
        assertThat(one.getState() == InterfaceState.INTERFACE_STATE_UP)
            .isEqualTo(List.of("up", "unknown").contains(ofInterface(one, "operstate")));
      }
    }
  }

  private static String ofInterface(InterfaceInfo one, String file) throws IOException {
    return Files.readString(Path.of("/sys/class/net", one.getName(), file)).strip();
  }

  private static long uptimeSeconds() throws IOException {
    String uptime = Files.readString(Path.of("/proc/uptime"));
    return Long.parseLong(uptime.substring(0, uptime.indexOf('.')));
  }

  private static Iterator<Event> subscribe(AgentChannel channel) {
    return subscribe(channel, EventKind.EVENT_KIND_AGENT_READY, EventKind.EVENT_KIND_ERROR);
  }

  private static Iterator<Event> subscribe(AgentChannel channel, EventKind... kinds) {
    return EventServiceGrpc.newBlockingStub(channel)
        .subscribe(SubscribeRequest.newBuilder().addAllKinds(List.of(kinds)).build());
  }

  private static ExecuteRequest shellRequest(String line) {
    return ExecuteRequest.newBuilder().setCommand(line).setWaitForExit(true).build();
  }

  private static ExecuteResponse shell(AgentChannel channel, String line) {
    return ExecServiceGrpc.newBlockingStub(channel).execute(shellRequest(line));
  }
}
