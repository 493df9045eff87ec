package com.limiquantix.agent.handlers.event;

import com.google.protobuf.Duration;
import com.limiquantix.agent.handlers.telemetry.Registration;
import com.limiquantix.agent.handlers.telemetry.TelemetryFeed;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Subscribe: the agent's state at once, then its errors as they come and telemetry at the
 * subscriber's interval, and audit records where the agent sends them. Where there is no telemetry,
 * who asks for nothing else is told so, and who asks for all gets the rest.
 */
public final class EventHandler extends EventServiceGrpc.EventServiceImplBase {
  private static final long MIN_INTERVAL_SECONDS = 1;
  private static final long MAX_INTERVAL_SECONDS = 3_600;
  private static final int NANOS_PER_SECOND = 1_000_000_000;

  private final EventBus bus;
  private final Supplier<AgentReadyEvent> ready;
  private final @Nullable TelemetryFeed telemetry;
  private final BooleanSupplier telemetryAllowed;
  private final Set<EventKind> served =
      EnumSet.of(EventKind.EVENT_KIND_AGENT_READY, EventKind.EVENT_KIND_ERROR);

  /** Without telemetry. */
  public EventHandler(EventBus bus, Supplier<AgentReadyEvent> ready) {
    this(bus, ready, null, false);
  }

  /**
   * @param ready the agent's state at the time it is asked; may take some milliseconds, but must
   *     not wait for others
   * @param telemetry null where there is none
   * @param audit whether audit records are sent to who asks
   */
  public EventHandler(
      EventBus bus,
      Supplier<AgentReadyEvent> ready,
      @Nullable TelemetryFeed telemetry,
      boolean audit) {
    this(bus, ready, telemetry, () -> true, audit);
  }

  /**
   * @param telemetryAllowed whether telemetry may be sent, asked for each report; must not block
   */
  public EventHandler(
      EventBus bus,
      Supplier<AgentReadyEvent> ready,
      @Nullable TelemetryFeed telemetry,
      BooleanSupplier telemetryAllowed,
      boolean audit) {
    this.bus = bus;
    this.ready = ready;
    this.telemetry = telemetry;
    this.telemetryAllowed = telemetryAllowed;
    if (telemetry != null) {
      served.add(EventKind.EVENT_KIND_TELEMETRY);
    }
    if (audit) {
      served.add(EventKind.EVENT_KIND_AUDIT);
    }
  }

  @Override
  public void subscribe(SubscribeRequest request, StreamObserver<Event> responses) {
    ServerCallStreamObserver<Event> observer = (ServerCallStreamObserver<Event>) responses;
    Set<EventKind> kinds;
    try {
      checkInterval(request);
      kinds = kinds(request);
    } catch (StatusException e) {
      observer.onError(e);
      return;
    }
    Event first =
        kinds.contains(EventKind.EVENT_KIND_AGENT_READY)
            ? bus.headed().setAgentReady(ready.get()).build()
            : null;
    Subscription subscription = new Subscription(observer, first, kinds);
    observer.setOnReadyHandler(subscription::send);
    observer.setOnCancelHandler(
        () -> {
          subscription.cancelled();
          bus.remove(subscription);
        });
    Status added = bus.add(subscription);
    if (!added.isOk()) {
      observer.onError(added.asException());
      return;
    }
    subscription.send();
    if (telemetry != null && kinds.contains(EventKind.EVENT_KIND_TELEMETRY)) {
      subscription.own(listen(telemetry, request, subscription));
    }
  }

  private Registration listen(
      TelemetryFeed feed, SubscribeRequest request, Subscription subscription) {
    Consumer<TelemetryReport> listener =
        report -> {
          if (telemetryAllowed.getAsBoolean()) {
            subscription.offer(bus.headed().setTelemetry(report).build());
          }
        };
    if (!request.hasTelemetryInterval()) {
      return feed.listen(listener);
    }
    Duration interval = request.getTelemetryInterval();
    return feed.listen(
        listener, java.time.Duration.ofSeconds(interval.getSeconds(), interval.getNanos()));
  }

  private static void checkInterval(SubscribeRequest request) throws StatusException {
    if (!request.hasTelemetryInterval()) {
      return;
    }
    Duration interval = request.getTelemetryInterval();
    long seconds = interval.getSeconds();
    int nanos = interval.getNanos();
    if (seconds < MIN_INTERVAL_SECONDS
        || nanos < 0
        || nanos >= NANOS_PER_SECOND
        || seconds > MAX_INTERVAL_SECONDS
        || (seconds == MAX_INTERVAL_SECONDS && nanos > 0)) {
      throw Status.INVALID_ARGUMENT
          .withDescription("telemetry_interval must be from 1 second to 1 hour")
          .asException();
    }
  }

  /** The kinds that are asked for and served; an empty request asks for all. */
  private Set<EventKind> kinds(SubscribeRequest request) throws StatusException {
    if (request.getKindsCount() == 0) {
      return served;
    }
    Set<EventKind> asked = EnumSet.noneOf(EventKind.class);
    asked.addAll(request.getKindsList());
    asked.remove(EventKind.EVENT_KIND_UNSPECIFIED);
    asked.remove(EventKind.UNRECOGNIZED);
    if (asked.isEmpty()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("this agent knows none of the kinds of events that are asked for")
          .asException();
    }
    asked.retainAll(served);
    if (asked.equals(EnumSet.of(EventKind.EVENT_KIND_TELEMETRY))
        && !telemetryAllowed.getAsBoolean()) {
      throw Status.PERMISSION_DENIED
          .withDescription("the guest's policy does not allow telemetry; see its capabilities")
          .asException();
    }
    if (asked.isEmpty()) {
      throw Status.UNIMPLEMENTED
          .withDescription(
              "this agent sends none of the kinds of events that are asked for: telemetry only"
                  + " where its capabilities list it, audit records only with audit.to_host")
          .asException();
    }
    return asked;
  }
}
