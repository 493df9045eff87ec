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
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
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
  private static final int WORKERS = 8;

  private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
  private final Harness host = new Harness();
  private final Semaphore entered = new Semaphore(0);
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
      entered.release();
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

  /**
   * Waits until so many workers have nothing to do. A handler that has answered may not have
   * returned, and minutes that pass meanwhile would be its own.
   */
  private void awaitIdle(int count) throws Exception {
    CyclicBarrier together = new CyclicBarrier(count + 1);
    for (int i = 0; i < count; i++) {
      workers.execute(
          () -> {
            try {
              together.await(20, TimeUnit.SECONDS);
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
    }
    together.await(20, TimeUnit.SECONDS);
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
    entered.acquire();
    awaitIdle(WORKERS - 1);

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
    awaitIdle(WORKERS);
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
    entered.acquire();

    time.advance(Duration.ofMinutes(59));
    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.SERVING);
    time.advance(Duration.ofMinutes(2));

    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void givenTelemetryThatFindsNoWorker_thenItIsMissedByWhoAskedForIt() throws Exception {
    AgentChannel channel = host.inProcess(agent);
    Iterator<Event> telemetry =
        EventServiceGrpc.newBlockingStub(channel)
            .subscribe(
                SubscribeRequest.newBuilder().addKinds(EventKind.EVENT_KIND_TELEMETRY).build());
    assertThat(telemetry.next().hasTelemetry()).isTrue();
    for (int i = 0; i < WORKERS; i++) {
      ClockServiceGrpc.newFutureStub(channel)
          .withDeadlineAfter(1, TimeUnit.HOURS)
          .syncTime(SyncTimeRequest.getDefaultInstance());
    }
    entered.acquire(WORKERS);

    time.advance(Duration.ofSeconds(60));
    assertThat(check(channel, EventServiceGrpc.SERVICE_NAME).getStatus())
        .isEqualTo(ServingStatus.SERVING);
    time.advance(Duration.ofSeconds(30));

    HealthCheckResponse silent = check(channel, EventServiceGrpc.SERVICE_NAME);
    assertThat(silent.getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(silent.getReason())
        .isEqualTo("there has been no telemetry for more than 60 s, though a host asked for it");
    assertThat(check(channel, "")).isEqualTo(silent);
    assertThat(check(channel, CLOCK).getStatus()).isEqualTo(ServingStatus.SERVING);

    release.countDown();
    telemetry.next();
    time.advance(Duration.ofSeconds(30));

    assertThat(check(channel, EventServiceGrpc.SERVICE_NAME).getStatus())
        .isEqualTo(ServingStatus.SERVING);
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
    awaitIdle(WORKERS);

    time.advance(Duration.ofSeconds(250));

    assertThat(check(channel, "").getStatus()).isEqualTo(ServingStatus.SERVING);
    call.cancel(true);
  }

  @Test
  void givenHealthIsSwitchedOffByAReload_thenNobodyJudgesAnyMore(@TempDir Path directory)
      throws Exception {
    AgentChannel channel = host.inProcess(agent);
    ClockServiceGrpc.newFutureStub(channel).syncTime(SyncTimeRequest.getDefaultInstance());
    entered.acquire();
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
