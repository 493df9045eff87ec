package com.limiquantix.agent.handlers.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.limiquantix.agent.handlers.telemetry.CountingSource;
import com.limiquantix.agent.handlers.telemetry.ManualScheduler;
import com.limiquantix.agent.handlers.telemetry.TelemetryFeed;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Telemetry as subscribers hear it, over real stubs; all runs in the test's thread. */
final class TelemetrySubscriptionTest {
  private final ManualScheduler time = new ManualScheduler();
  private final CountingSource source = new CountingSource();
  private final EventBus bus = new EventBus(Clock.systemUTC());
  private final TelemetryFeed feed =
      new TelemetryFeed(
          source, time, time, time::nanoTime, () -> java.time.Duration.ofSeconds(5), bus::post);
  private final ServedEvents served;
  private final ManagedChannel channel;

  TelemetrySubscriptionTest() throws IOException {
    served =
        new ServedEvents(new EventHandler(bus, AgentReadyEvent::getDefaultInstance, feed, false));
    channel = served.channel;
  }

  @AfterEach
  void end() {
    served.close();
    feed.close();
  }

  @Test
  void givenASubscriberToAll_thenItHearsReadyThenTelemetryAtOnceAndThenAtTheUsualInterval() {
    Subscriber subscriber = subscribe(Integer.MAX_VALUE, all());

    assertThat(subscriber.events).hasSize(2);
    assertThat(subscriber.events.get(0).hasAgentReady()).isTrue();
    assertThat(subscriber.events.get(1).getTelemetry().getProcessCount()).isEqualTo(1);
    assertThat(subscriber.events.get(1).getTelemetry().getCpuUsagePercent()).isZero();

    time.pass(5, TimeUnit.SECONDS);
    assertThat(counts(subscriber)).containsExactly(1, 2);
    assertThat(subscriber.events.get(2).getTelemetry().getCpuUsagePercent()).isEqualTo(25);
    assertThat(subscriber.events).extracting(Event::getSequence).containsExactly(1L, 2L, 3L);
  }

  @Test
  void givenAnIntervalOfItsOwn_thenItIsKept() {
    Subscriber subscriber =
        subscribe(
            Integer.MAX_VALUE,
            SubscribeRequest.newBuilder()
                .addKinds(EventKind.EVENT_KIND_TELEMETRY)
                .setTelemetryInterval(Duration.newBuilder().setSeconds(1).setNanos(500_000_000))
                .build());

    time.pass(3, TimeUnit.SECONDS);

    assertThat(subscriber.events).allMatch(Event::hasTelemetry).hasSize(3);
  }

  @Test
  void givenASlowSubscriber_thenOneReportWaitsForItAndTheReplacedOnesAreCounted() {
    Subscriber slow = subscribe(2, all());
    assertThat(counts(slow)).containsExactly(1);

    time.pass(15, TimeUnit.SECONDS);
    assertThat(counts(slow)).containsExactly(1);
    slow.request(10);

    assertThat(counts(slow)).containsExactly(1, 4);
    assertThat(slow.events.get(2).getDropped()).isEqualTo(2);
    assertThat(slow.events.get(2).getSequence()).isEqualTo(3);
    time.pass(5, TimeUnit.SECONDS);
    assertThat(slow.events.get(3).getDropped()).isZero();
  }

  @Test
  void givenASlowSubscriber_thenTelemetryDropsNoErrorAndErrorsDropNoTelemetry() {
    Subscriber slow = subscribe(0, all());
    for (int number = 1; number <= Subscription.MAX_WAITING + 3; number++) {
      bus.post(ErrorEvent.newBuilder().setCode("E" + number).build());
      time.pass(5, TimeUnit.SECONDS);
    }

    slow.request(100);

    int replaced = source.readings() - 1;
    assertThat(slow.codes()).hasSize(Subscription.MAX_WAITING).doesNotContain("E1", "E2", "E3");
    assertThat(counts(slow)).containsExactly(source.readings());
    assertThat(slow.events.stream().mapToLong(Event::getDropped).sum()).isEqualTo(3 + replaced);
    assertThat(slow.events.get(slow.events.size() - 1).hasTelemetry()).isTrue();
  }

  @Test
  void givenOnlyErrorsAreAskedFor_thenNothingIsRead() {
    subscribe(
        Integer.MAX_VALUE,
        SubscribeRequest.newBuilder().addKinds(EventKind.EVENT_KIND_ERROR).build());

    time.pass(1, TimeUnit.HOURS);

    assertThat(source.readings()).isZero();
  }

  @Test
  void whenTheLastSubscriberLeaves_thenNothingRunsAnyMore() {
    Subscriber one = subscribe(Integer.MAX_VALUE, all());
    Subscriber other = subscribe(Integer.MAX_VALUE, all());
    one.cancel();
    time.pass(5, TimeUnit.SECONDS);
    assertThat(counts(one)).hasSize(1);
    assertThat(counts(other)).hasSize(2);

    other.cancel();

    assertThat(time.waiting()).isZero();
  }

  @Test
  void whenTheBusCloses_thenSubscriptionsEndAndNothingRunsAnyMore() {
    Subscriber subscriber = subscribe(Integer.MAX_VALUE, all());

    bus.close();

    assertThat(subscriber.end.map(Status::getCode)).contains(Status.Code.UNAVAILABLE);
    assertThat(time.waiting()).isZero();
  }

  @Test
  void givenReadingsThatFail_thenTheSubscriberIsTold() {
    source.failWith(new IOException("/proc/meminfo lacks MemTotal at byte 0"));

    Subscriber subscriber = subscribe(Integer.MAX_VALUE, all());
    time.pass(20, TimeUnit.SECONDS);

    assertThat(subscriber.codes()).containsExactly("TELEMETRY_FAILED");
    assertThat(counts(subscriber)).isEmpty();
  }

  private static SubscribeRequest all() {
    return SubscribeRequest.getDefaultInstance();
  }

  private static List<Integer> counts(Subscriber subscriber) {
    return subscriber.events.stream()
        .filter(Event::hasTelemetry)
        .map(event -> event.getTelemetry().getProcessCount())
        .toList();
  }

  private Subscriber subscribe(int demand, SubscribeRequest request) {
    Subscriber subscriber = new Subscriber(demand);
    EventServiceGrpc.newStub(channel).subscribe(request, subscriber);
    return subscriber;
  }
}
