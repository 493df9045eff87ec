package com.limiquantix.agent.transport.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.Backoff;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.UnixSocket;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AgentSupervisorTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final Backoff SHORT =
      new Backoff(Duration.ofMillis(5), 1.5, Duration.ofMillis(50));

  @TempDir private Path directory;

  private final ExecutorService executor = Executors.newFixedThreadPool(4);
  private final SystemTimers timers = new SystemTimers("test-timers");
  private final BufferBudget budget = new BufferBudget(16 << 20);
  private final AgentSupervisor supervisor =
      new AgentSupervisor(executor, timers, () -> NOW, budget, SHORT);
  private final BlockingQueue<VmStatus> told = new LinkedBlockingQueue<>();
  private LinkLoop loop;

  @BeforeEach
  void startLoop() throws IOException {
    loop = LinkLoop.start("test-loop", (thread, thrown) -> executor.execute(() -> {}));
    supervisor.addListener(told::add);
  }

  @AfterEach
  void end() throws InterruptedException {
    supervisor.close();
    loop.close();
    timers.close();
    executor.shutdown();
    assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  private Path socket(String vmId) {
    return new SocketDirectory(directory).pathOf(vmId);
  }

  private LinkDialer dialer(String vmId) throws IOException {
    return UnixSocket.dialer(loop, socket(vmId));
  }

  private TestAgent agent(String vmId) throws IOException {
    return new TestAgent("agent-of-" + vmId, socket(vmId), loop, timers, executor);
  }

  private VmStatus awaitState(VmStatus.State state) throws InterruptedException {
    while (true) {
      VmStatus next = told.poll(10, TimeUnit.SECONDS);
      assertThat(next).as("a VM becomes " + state).isNotNull();
      if (next.state() == state) {
        return next;
      }
    }
  }

  private static String ping(AgentChannel channel) {
    return AgentServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .ping(PingRequest.getDefaultInstance())
        .getVersion();
  }

  @Test
  void givenNoAgent_whenWatched_thenUnreachableWithTheReason_andReadyOnceItListens()
      throws Exception {
    supervisor.watch("vm-1", dialer("vm-1"));
    VmStatus unreachable = awaitState(VmStatus.State.UNREACHABLE);
    assertThat(unreachable.detail()).contains(socket("vm-1").toString());
    assertThat(unreachable.since()).isEqualTo(NOW);
    try (TestAgent agent = agent("vm-1")) {
      VmStatus ready = awaitState(VmStatus.State.READY);
      assertThat(ready.vmId()).isEqualTo("vm-1");
      assertThat(ready.detail()).isEqualTo("agent-of-vm-1");
      assertThat(supervisor.status("vm-1")).contains(ready);
      assertThat(agent.sessions()).isEqualTo(1);
    }
  }

  @Test
  void givenAgentThatGoesAndComesBack_thenItIsReachedAgainByItself() throws Exception {
    AgentChannel channel;
    try (TestAgent first = agent("vm-1")) {
      channel = supervisor.watch("vm-1", dialer("vm-1"));
      awaitState(VmStatus.State.READY);
      assertThat(ping(channel)).isEqualTo("agent-of-vm-1");
    }
    awaitState(VmStatus.State.UNREACHABLE);
    try (TestAgent second = agent("vm-1")) {
      awaitState(VmStatus.State.READY);
      assertThat(ping(channel)).isEqualTo("agent-of-vm-1");
    }
  }

  @Test
  void givenListenerThatThrows_thenLaterStatesAreToldAllTheSame() throws Exception {
    supervisor.addListener(
        status -> {
          throw new IllegalStateException("thrown by the test's listener");
        });
    supervisor.watch("vm-1", dialer("vm-1"));
    awaitState(VmStatus.State.UNREACHABLE);
    try (TestAgent agent = agent("vm-1")) {
      awaitState(VmStatus.State.READY);
    }
    awaitState(VmStatus.State.UNREACHABLE);
  }

  @Test
  void givenUnreachableVm_whenItsAttemptsFailForAnotherReason_thenTheStatusSaysThatOne()
      throws Exception {
    AtomicReference<String> reason = new AtomicReference<>("the first reason");
    supervisor.watch(
        "vm-1",
        () -> {
          throw new IOException(reason.get());
        });
    VmStatus first = awaitState(VmStatus.State.UNREACHABLE);
    assertThat(first.detail()).contains("the first reason");
    reason.set("the second reason");
    while (!supervisor.status("vm-1").orElseThrow().detail().contains("the second reason")) {
      Thread.onSpinWait();
    }
    assertThat(supervisor.statuses())
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.detail()).contains("the second reason");
              assertThat(status.since()).isEqualTo(first.since());
            });
  }

  @Test
  void givenTwoVms_thenEachChannelReachesItsOwnAgent() throws Exception {
    try (TestAgent one = agent("vm-1");
        TestAgent two = agent("vm-2")) {
      AgentChannel first = supervisor.watch("vm-1", dialer("vm-1"));
      AgentChannel second = supervisor.watch("vm-2", dialer("vm-2"));
      assertThat(ping(first)).isEqualTo("agent-of-vm-1");
      assertThat(ping(second)).isEqualTo("agent-of-vm-2");
      assertThat(supervisor.statuses()).extracting(VmStatus::vmId).containsExactly("vm-1", "vm-2");
      assertThat(supervisor.channel("vm-2")).containsSame(second);
    }
  }

  @Test
  void givenWatchedVm_whenForgotten_thenItsCallsFailAndItMayBeWatchedAnew() throws Exception {
    try (TestAgent agent = agent("vm-1")) {
      AgentChannel channel = supervisor.watch("vm-1", dialer("vm-1"));
      assertThatThrownBy(() -> supervisor.watch("vm-1", dialer("vm-1")))
          .isInstanceOf(IllegalStateException.class);
      awaitState(VmStatus.State.READY);
      assertThat(supervisor.forget("vm-1")).isTrue();
      awaitState(VmStatus.State.FORGOTTEN);
      assertThat(supervisor.forget("vm-1")).isFalse();
      assertThatThrownBy(() -> ping(channel))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
      assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      assertThat(ping(supervisor.watch("vm-1", dialer("vm-1")))).isEqualTo("agent-of-vm-1");
    }
  }

  /** Heap in use once garbage is gone, in bytes. */
  private static long heapInUse() {
    for (int i = 0; i < 4; i++) {
      ManagementFactory.getMemoryMXBean().gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  @Tag("slow")
  void givenAThousandVms_thenAHandfulOfThreadsServesThem_andEachCostsLessThan64KiB()
      throws Exception {
    int vms = 1_000;
    int threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
    List<TestAgent> agents = new ArrayList<>();
    try (LinkLoop agentLoop = LinkLoop.start("test-agents", (thread, thrown) -> {})) {
      for (int i = 0; i < vms; i++) {
        String vmId = "vm-" + i;
        agents.add(new TestAgent(vmId, socket(vmId), agentLoop, timers, executor));
      }
      long before = heapInUse();
      List<AgentChannel> channels = new ArrayList<>();
      for (int i = 0; i < vms; i++) {
        channels.add(supervisor.watch("vm-" + i, dialer("vm-" + i)));
      }
      for (int i = 0; i < vms; i++) {
        assertThat(ping(channels.get(i))).isEqualTo("vm-" + i);
      }
      long perVm = (heapInUse() - before) / vms;
      int threads = ManagementFactory.getThreadMXBean().getThreadCount() - threadsBefore;
      System.out.printf(
          "%d VMs: %d bytes of heap each (both ends), %d threads (both ends)%n",
          vms, perVm, threads);
      assertThat(perVm).isLessThan(64 << 10);
      assertThat(threads).isLessThanOrEqualTo(16);
    } finally {
      supervisor.close();
      for (TestAgent agent : agents) {
        agent.close();
      }
    }
  }
}
