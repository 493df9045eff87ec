package com.limiquantix.agent.handlers.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What subscribers hear, over real stubs; all runs in the test's thread. */
final class EventHandlerTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000L, 5);
  private static final AgentReadyEvent READY =
      AgentReadyEvent.newBuilder().setVersion("9.8.7").build();

  private final EventBus bus = new EventBus(Clock.fixed(NOW, ZoneOffset.UTC));
  private final ServedEvents served;
  private final ManagedChannel channel;

  EventHandlerTest() throws IOException {
    served = new ServedEvents(new EventHandler(bus, () -> READY));
    channel = served.channel;
  }

  @AfterEach
  void end() {
    served.close();
  }

  @Test
  void givenASubscriber_whenErrorsArePosted_thenItHearsReadyFirstAndThenEachInOrder() {
    Subscriber subscriber = subscribe(Integer.MAX_VALUE);

    bus.post(error(1));
    bus.post(error(2));

    assertThat(subscriber.events).hasSize(3);
    assertThat(subscriber.events.get(0).getAgentReady()).isEqualTo(READY);
    assertThat(subscriber.events.get(0).getTimestamp())
        .isEqualTo(Timestamp.newBuilder().setSeconds(NOW.getEpochSecond()).setNanos(5).build());
    assertThat(subscriber.codes()).containsExactly("E1", "E2");
    assertThat(subscriber.events).extracting(Event::getSequence).containsExactly(1L, 2L, 3L);
    assertThat(subscriber.events).allMatch(event -> event.getDropped() == 0);
  }

  @Test
  void givenASubscriberThatReadsNothing_whenMoreComesThanWaits_thenTheOldestAreCountedNotSent() {
    Subscriber slow = subscribe(0);
    int posted = Subscription.MAX_WAITING + 5;
    IntStream.rangeClosed(1, posted).forEach(number -> bus.post(error(number)));

    assertThat(slow.events).isEmpty();
    slow.request(posted);

    assertThat(slow.events.get(0).hasAgentReady()).isTrue();
    assertThat(slow.events.get(0).getDropped()).isZero();
    assertThat(slow.events.get(1).getDropped()).isEqualTo(5);
    assertThat(slow.events.get(1).getSequence()).isEqualTo(2);
    assertThat(slow.codes())
        .containsExactlyElementsOf(
            IntStream.rangeClosed(6, posted).mapToObj(number -> "E" + number).toList());
    assertThat(slow.events.stream().skip(2)).allMatch(event -> event.getDropped() == 0);
  }

  @Test
  void givenASlowSubscriber_whenErrorsArePosted_thenAFastOneMissesNothing() {
    Subscriber slow = subscribe(0);
    Subscriber fast = subscribe(Integer.MAX_VALUE);

    IntStream.rangeClosed(1, 100).forEach(number -> bus.post(error(number)));

    assertThat(fast.codes()).hasSize(100);
    assertThat(slow.events).isEmpty();
  }

  @Test
  void givenAStandingError_whenSomebodySubscribesLater_thenItIsToldAfterReady() {
    bus.postStanding(error(1));

    Subscriber late = subscribe(Integer.MAX_VALUE);

    assertThat(late.events.get(0).hasAgentReady()).isTrue();
    assertThat(late.codes()).containsExactly("E1");
  }

  @Test
  void givenOnlyErrorsAreAskedFor_thenReadyIsNotSent() {
    Subscriber subscriber = subscribe(Integer.MAX_VALUE, EventKind.EVENT_KIND_ERROR);

    bus.post(error(1));

    assertThat(subscriber.codes()).containsExactly("E1");
    assertThat(subscriber.events).hasSize(1);
  }

  @Test
  void givenTelemetryAmongOthers_thenTheOthersAreServed() {
    Subscriber subscriber =
        subscribe(
            Integer.MAX_VALUE, EventKind.EVENT_KIND_TELEMETRY, EventKind.EVENT_KIND_AGENT_READY);

    assertThat(subscriber.events).hasSize(1);
    assertThat(subscriber.end).isEmpty();
  }

  @Test
  void givenNothingButTelemetry_thenTheCallSaysThatThereIsNone() {
    Subscriber subscriber = subscribe(1, EventKind.EVENT_KIND_TELEMETRY);

    assertThat(subscriber.end.map(Status::getCode)).contains(Status.Code.UNIMPLEMENTED);
    assertThat(subscriber.end.map(Status::getDescription).orElseThrow()).contains("telemetry");
  }

  @Test
  void givenNoKindThatIsKnown_thenTheRequestIsInvalid() {
    SubscribeRequest request =
        SubscribeRequest.newBuilder().addKindsValue(0).addKindsValue(4711).build();

    assertThatThrownBy(() -> EventServiceGrpc.newBlockingStub(channel).subscribe(request).next())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,999999999", "3600,1", "3601,0", "-1,0", "5,-1", "5,1000000000"})
  void givenAnIntervalOutOfRange_thenTheRequestIsInvalid(long seconds, int nanos) {
    SubscribeRequest request =
        SubscribeRequest.newBuilder()
            .setTelemetryInterval(Duration.newBuilder().setSeconds(seconds).setNanos(nanos))
            .build();

    assertThatThrownBy(() -> EventServiceGrpc.newBlockingStub(channel).subscribe(request).next())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
  }

  @Test
  void givenAsManySubscriptionsAsAllowed_whenOneEnds_thenAnotherFits() {
    List<Subscriber> open =
        Stream.generate(() -> subscribe(1)).limit(EventBus.MAX_SUBSCRIPTIONS).toList();

    assertThat(subscribe(1).end.map(Status::getCode)).contains(Status.Code.RESOURCE_EXHAUSTED);
    open.get(0).cancel();
    assertThat(subscribe(1).end).isEmpty();
  }

  @Test
  void whenTheAgentStops_thenSubscriptionsEndAsUnavailableAfterWhatWaited() {
    Subscriber subscriber = subscribe(Integer.MAX_VALUE);
    bus.post(error(1));

    bus.close();

    assertThat(subscriber.codes()).containsExactly("E1");
    assertThat(subscriber.end.map(Status::getCode)).contains(Status.Code.UNAVAILABLE);
    assertThat(subscribe(1).end.map(Status::getCode)).contains(Status.Code.UNAVAILABLE);
  }

  private static ErrorEvent error(int number) {
    return ErrorEvent.newBuilder().setCode("E" + number).build();
  }

  private Subscriber subscribe(int demand, EventKind... kinds) {
    Subscriber subscriber = new Subscriber(demand);
    EventServiceGrpc.newStub(channel)
        .subscribe(SubscribeRequest.newBuilder().addAllKinds(List.of(kinds)).build(), subscriber);
    return subscriber;
  }
}
