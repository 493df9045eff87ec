package com.limiquantix.agent.app.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Strings;
import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.app.Harness;
import com.limiquantix.agent.app.v1peer.ProtoWriter;
import com.limiquantix.agent.app.v1peer.V1Host;
import com.limiquantix.agent.app.v1peer.V1Payload;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What becomes of a session on a real port when hosts, the port or the machine fail. After each the
 * agent has to answer within two seconds, in the process that it was.
 */
@ExtendWith(VmExtension.class)
class PortFaultsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long USABLE_WITHIN_MILLIS = 2_000;

  /** Of an emulated processor, on which the same work takes several times as long. */
  private static final double MOST_CPU_PERCENT = 3.0;

  private final Vm vm;
  private final GuestService service;
  private final Harness host = new Harness();
  private int pid;

  PortFaultsIT(Vm vm) {
    this.vm = vm;
    this.service = new GuestService(vm.guest());
  }

  @BeforeEach
  void look() throws Exception {
    vm.await("the agent's service", PATIENCE, service::isActive);
    pid = service.pid();
  }

  @AfterEach
  void end() {
    host.close();
  }

  private AgentChannel connected() throws IOException {
    return connected(vm.agentSocket());
  }

  private AgentChannel connected(Path socket) throws IOException {
    AgentChannel channel = host.unix(socket);
    ping(channel, PATIENCE.toMillis());
    return channel;
  }

  private static void ping(AgentChannel channel, long withinMillis) {
    AgentServiceGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(withinMillis, TimeUnit.MILLISECONDS)
        .ping(PingRequest.getDefaultInstance());
  }

  private void assertUsableAtOnce(AgentChannel channel) throws Exception {
    pingSoon(channel);
    assertThat(service.pid()).as("the agent's process").isEqualTo(pid);
  }

  /**
   * A call that was made before the channel heard of the end fails; one within the time must not.
   */
  private static void pingSoon(AgentChannel channel) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(USABLE_WITHIN_MILLIS);
    while (true) {
      try {
        ping(channel, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
        return;
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  private static ListenableFuture<ExecuteResponse> execute(AgentChannel channel, String command) {
    return ExecServiceGrpc.newFutureStub(channel)
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .execute(ExecuteRequest.newBuilder().setCommand(command).setWaitForExit(true).build());
  }

  private SocketChannel raw() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(vm.agentSocket()));
  }

  @Test
  void givenNoHostForAMinute_thenTheAgentIdles_andAnswersTheOneWhoComes() throws Exception {
    assertThat(service.cpuPercent(Duration.ofSeconds(60))).isLessThan(MOST_CPU_PERCENT);

    assertUsableAtOnce(host.unix(vm.agentSocket()));
  }

  @Test
  void givenMebibytesUnderWayToTheHost_whenItDiesInAFrame_thenItsNextConnectionIsUsable()
      throws Exception {
    try (CutRelay relay = new CutRelay(vm.directory().resolve("relay"), vm.agentSocket())) {
      AgentChannel channel = connected(vm.directory().resolve("relay"));
      relay.cutAfterToHost(3_000_001);

      List<ListenableFuture<ExecuteResponse>> calls = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        calls.add(execute(channel, "head -c 1048576 /dev/zero | tr '\\0' x"));
      }
      assertThat(relay.cut().await(60, TimeUnit.SECONDS)).isTrue();

      assertUsableAtOnce(channel);
      assertUnavailable(calls);
    }
  }

  @Test
  void givenMebibytesUnderWayToTheGuest_whenTheHostDiesInAFrame_thenItsNextConnectionIsUsable()
      throws Exception {
    try (CutRelay relay = new CutRelay(vm.directory().resolve("relay2"), vm.agentSocket())) {
      AgentChannel channel = connected(vm.directory().resolve("relay2"));
      relay.cutAfterToGuest(3_000_001);

      List<ListenableFuture<ExecuteResponse>> calls = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        calls.add(execute(channel, "true " + Strings.repeat("y", 1 << 20)));
      }
      assertThat(relay.cut().await(60, TimeUnit.SECONDS)).isTrue();

      assertUsableAtOnce(channel);
      assertUnavailable(calls);
    }
  }

  /** Those that had not ended fail with UNAVAILABLE; at least one of them had not. */
  private static void assertUnavailable(List<ListenableFuture<ExecuteResponse>> calls)
      throws Exception {
    int failed = 0;
    for (ListenableFuture<ExecuteResponse> call : calls) {
      try {
        call.get(10, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        Status.Code code = Status.fromThrowable(e).getCode();
        if (code != Status.Code.INVALID_ARGUMENT) {
          assertThat(code).isEqualTo(Status.Code.UNAVAILABLE);
          failed++;
        }
      }
    }
    assertThat(failed).isPositive();
  }

  @Test
  void givenTwoHundredFastReconnects_thenTheNextHostIsServed() throws Exception {
    for (int i = 0; i < 200; i++) {
      try (SocketChannel socket = raw()) {
        // Half of them leave the beginning of something.
        if (i % 2 == 0) {
          socket.write(ByteBuffer.wrap(new byte[] {0x51, 0x54, 0x58, 2, 0, 0}));
        }
      }
    }

    assertUsableAtOnce(host.unix(vm.agentSocket()));
  }

  @Test
  void givenHostThatDoesNotReadForAMinute_whenItDoes_thenItIsServed_andSoIsTheNext()
      throws Exception {
    V1Host deaf = V1Host.connectDeaf(vm.agentSocket());
    try (deaf) {
      String id = deaf.send(V1Payload.PING, new ProtoWriter());
      assertThat(service.cpuPercent(Duration.ofSeconds(60))).isLessThan(MOST_CPU_PERCENT);

      deaf.startReading();

      assertThat(deaf.isAnsweredWithin(id, Duration.ofSeconds(2))).isTrue();
    }
    assertUsableAtOnce(host.unix(vm.agentSocket()));
  }

  @Test
  void givenPortThatIsUnplugged_whenItIsPluggedAgain_thenItIsServed() throws Exception {
    AgentChannel channel = connected();

    vm.unplugAgentPort();
    double cpuPercent;
    try {
      vm.await("the port to be gone", PATIENCE, () -> !hasPort());
      cpuPercent = service.cpuPercent(Duration.ofSeconds(20));
    } finally {
      vm.plugAgentPort();
      vm.await("the port to be back", PATIENCE, this::hasPort);
    }

    assertThat(cpuPercent).isLessThan(MOST_CPU_PERCENT);
    assertUsableAtOnce(channel);
  }

  private boolean hasPort() {
    try {
      return vm.guest().run("test -e /dev/virtio-ports/org.limiquantix.agent.0").exitCode() == 0;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void givenMachineThatIsPaused_whenItContinues_thenTheSessionIsUsable() throws Exception {
    AgentChannel channel = connected();
    try (Qmp qmp = vm.monitor()) {
      qmp.execute("stop", Map.of());
      Vm.pause(20_000);
      qmp.execute("cont", Map.of());
    }

    assertUsableAtOnce(channel);
  }

  @Test
  void givenMachineThatSleeps_whenItWakesUp_thenTheSessionIsUsable() throws Exception {
    AgentChannel channel = connected();
    try (Qmp qmp = vm.monitor()) {
      vm.guest().start("echo mem > /sys/power/state");
      qmp.awaitEvent("SUSPEND");
      Vm.pause(5_000);
      qmp.execute("system_wakeup", Map.of());
      vm.await("the machine to wake up", PATIENCE, () -> status(qmp).equals("running"));
    }
    // The guest's system needs seconds to thaw its processes, ours among them.
    vm.await("the guest to be back", PATIENCE, () -> vm.guest().answers());

    assertUsableAtOnce(channel);
  }

  private static String status(Qmp qmp) {
    try {
      return qmp.status();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void givenTwoHostsAtOnce_whenTheFirstGoes_thenTheSecondIsServed() throws Exception {
    AgentChannel first = connected();
    AgentChannel second = host.unix(vm.agentSocket());
    assertThatThrownBy(() -> ping(second, 1_000)).hasMessageContaining("DEADLINE_EXCEEDED");
    ping(first, USABLE_WITHIN_MILLIS);

    first.shutdownNow();

    assertUsableAtOnce(second);
  }

  @Test
  void givenCallUnderWay_whenTheAgentIsKilled_thenTheCallFails_andTheServiceComesBack()
      throws Exception {
    AgentChannel channel = connected();
    ListenableFuture<ExecuteResponse> call = execute(channel, "sleep 50");
    ping(channel, USABLE_WITHIN_MILLIS);

    vm.guest().output("kill -KILL " + pid);

    vm.await("a new process", PATIENCE, this::isActiveAnew);
    pingSoon(channel);
    assertThatThrownBy(() -> call.get(1, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
  }

  private boolean isActiveAnew() {
    try {
      return service.isActive() && service.pid() != pid;
    } catch (Exception e) {
      return false;
    }
  }

  @Test
  void givenAgentThatIsStopped_whenTheWatchdogMissesIt_thenTheServiceComesBack() throws Exception {
    vm.guest().output("kill -STOP " + pid);

    vm.await("a new process", Duration.ofSeconds(90), this::isActiveAnew);
    pingSoon(host.unix(vm.agentSocket()));
  }

  @Test
  void givenMachineThatIsReset_thenTheSameChannelServesTheNextBoot() throws Exception {
    AgentChannel channel = connected();
    try (Qmp qmp = vm.monitor()) {
      qmp.execute("system_reset", Map.of());
    }
    assertThat(vm.endsWithin(PATIENCE)).isTrue();

    vm.powerOn();

    vm.awaitBoot();
    vm.await("the agent's service", PATIENCE, service::isActive);
    pingSoon(channel);
  }

  @Test
  void givenVersion1Host_thenItIsServed_andAVersion2HostAfterIt() throws Exception {
    try (V1Host old = V1Host.connect(vm.agentSocket())) {
      String id = old.send(V1Payload.PING, new ProtoWriter());
      assertThat(old.isAnsweredWithin(id, Duration.ofSeconds(2))).isTrue();
    }

    assertUsableAtOnce(host.unix(vm.agentSocket()));
  }
}
