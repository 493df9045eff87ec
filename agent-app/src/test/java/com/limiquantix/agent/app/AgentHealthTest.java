package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.app.health.HealthReport;
import com.limiquantix.agent.protocol.health.v1.HealthCheckRequest;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse.ServingStatus;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.ClockServiceGrpc;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.SyncTimeRequest;
import com.limiquantix.agent.protocol.v1.SyncTimeResponse;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an agent tells of itself when one of its handlers is stuck; its time is the test's. */
@Timeout(60)
final class AgentHealthTest {
  private static final String CLOCK = ClockServiceGrpc.SERVICE_NAME;

  private final ManualScheduler time = new ManualScheduler();
  private final ExecutorService workers = Executors.newFixedThreadPool(8);
  private final Harness host = new Harness();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<String> summaries = new CopyOnWriteArrayList<>();
  private final GuestAgent agent =
      GuestAgent.builder(AgentConfig.defaults())
          .scheduler(time)
          .nanoTime(time::nanoTime)
          .workers(workers)
          .addService(new StuckClock())
          .summary(summaries::add)
          .build();

  /** A handler that waits for something that does not come, as of a dead file server. */
  private final class StuckClock extends ClockServiceGrpc.ClockServiceImplBase {
    @Override
    public void syncTime(SyncTimeRequest request, StreamObserver<SyncTimeResponse> answer) {
      entered.countDown();
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      answer.onNext(SyncTimeResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }

  @BeforeEach
  void start() throws Exception {
    agent.start();
    time.advance(Duration.ZERO);
  }

  @AfterEach
  void end() {
    release.countDown();
    host.close();
    agent.close();
    workers.shutdownNow();
  }

  @Test
  void givenAStuckHandler_thenHealthAWatcherAndAnEventTellItOnce_andAgainWhenItReturns()
      throws Exception {
    AgentChannel channel = host.inProcess(agent);
    Iterator<HealthCheckResponse> watcher =
        HealthGrpc.newBlockingStub(channel).watch(HealthCheckRequest.getDefaultInstance());
    assertThat(watcher.next().getStatus()).isEqualTo(ServingStatus.SERVING);
    Iterator<Event> events = errors(channel);
    ListenableFuture<SyncTimeResponse> call =
        ClockServiceGrpc.newFutureStub(channel).syncTime(SyncTimeRequest.getDefaultInstance());
    entered.await();

    time.advance(Duration.ofSeconds(69));
    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.SERVING);
    time.advance(Duration.ofMinutes(5));

    HealthCheckResponse stuck = check(channel, CLOCK);
    assertThat(stuck.getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(stuck.getReason())
        .isEqualTo(
            "a handler of "
                + CLOCK
                + "/SyncTime does not return: its time was over more than 10 s ago");
    assertThat(watcher.next()).isEqualTo(stuck);
    assertThat(check(channel, ExecServiceGrpc.SERVICE_NAME).getStatus())
        .isEqualTo(ServingStatus.SERVING);
    ErrorEvent told = events.next().getError();
    assertThat(told.getCode()).isEqualTo(HealthReport.UNHEALTHY);
    assertThat(told.getDetailsMap()).containsEntry(CLOCK, stuck.getReason());
    assertThat(errors(channel).next().getError()).isEqualTo(told);

    release.countDown();
    call.get();
    time.advance(Duration.ofMinutes(5));

    assertThat(watcher.next().getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(events.next().getError().getCode()).isEqualTo(HealthReport.HEALTHY);
    assertThat(summaries).containsExactly("Not healthy: " + stuck.getReason(), "Serving the host");
  }

  @Test
  void givenACallWithALongDeadline_thenItsHandlerIsNotStuckBefore() throws Exception {
    AgentChannel channel = host.inProcess(agent);
    ClockServiceGrpc.newFutureStub(channel)
        .withDeadlineAfter(1, TimeUnit.HOURS)
        .syncTime(SyncTimeRequest.getDefaultInstance());
    entered.await();

    time.advance(Duration.ofMinutes(59));
    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.SERVING);
    time.advance(Duration.ofMinutes(2));

    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void givenACommandAndASubscriptionThatGoOn_thenNothingIsStuck(@TempDir Path directory)
      throws Exception {
    Path pid = directory.resolve("pid");
    AgentChannel channel = host.inProcess(agent);
    ListenableFuture<ExecuteResponse> call =
        ExecServiceGrpc.newFutureStub(channel)
            .execute(
                ExecuteRequest.newBuilder()
                    .setCommand("echo $$ >" + pid + "; exec sleep 1000")
                    .setWaitForExit(true)
                    .build());
    errors(channel);
    Waiting.forFile(pid);

    time.advance(Duration.ofSeconds(250));

    assertThat(check(channel, "").getStatus()).isEqualTo(ServingStatus.SERVING);
    call.cancel(true);
  }

  @Test
  void givenHealthIsSwitchedOffByAReload_thenNobodyJudgesAnyMore(@TempDir Path directory)
      throws Exception {
    AgentChannel channel = host.inProcess(agent);
    ClockServiceGrpc.newFutureStub(channel).syncTime(SyncTimeRequest.getDefaultInstance());
    entered.await();
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, "health:\n  interval_secs: 1\n");
    agent.reload(new ConfigLoader().load(file));
    time.advance(Duration.ofSeconds(71));
    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);

    Files.writeString(file, "health:\n  enabled: false\n");
    agent.reload(new ConfigLoader().load(file));
    time.advance(Duration.ofHours(1));

    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.SERVING);
  }

  private static HealthCheckResponse check(AgentChannel channel, String service) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.newBuilder().setService(service).build());
  }

  private static Iterator<Event> errors(AgentChannel channel) {
    Iterator<Event> events =
        EventServiceGrpc.newBlockingStub(channel)
            .subscribe(
                SubscribeRequest.newBuilder()
                    .addKinds(EventKind.EVENT_KIND_AGENT_READY)
                    .addKinds(EventKind.EVENT_KIND_ERROR)
                    .build());
    assertThat(events.next().hasAgentReady()).isTrue();
    return events;
  }
}
