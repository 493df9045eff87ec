package com.limiquantix.agent.transport.v1;

import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A subscription at an agent of version 1, fed by its pushes. The interval of telemetry is the
 * agent's; what the request says of it cannot be passed on.
 */
final class V1Subscriber extends ServerCall.Listener<SubscribeRequest> {
  /** Errors that wait for a slow subscriber; a newer one replaces the oldest. */
  private static final int MAX_ERRORS = 16;

  private final V1HostRole role;
  private final ServerCall<SubscribeRequest, Event> call;
  private final Object lock = new Object();

  // Guarded by the lock.
  private final Set<EventKind> kinds = EnumSet.noneOf(EventKind.class);
  private final ArrayDeque<Event> errors = new ArrayDeque<>();
  private @Nullable Event ready;
  private @Nullable Event telemetry;
  private long dropped;
  private long sequence;
  private boolean sending;
  private boolean over;

  V1Subscriber(V1HostRole role, ServerCall<SubscribeRequest, Event> call) {
    this.role = role;
    this.call = call;
  }

  @Override
  public void onMessage(SubscribeRequest request) {
    synchronized (lock) {
      for (EventKind kind : request.getKindsList()) {
        if (kind != EventKind.EVENT_KIND_UNSPECIFIED && kind != EventKind.UNRECOGNIZED) {
          kinds.add(kind);
        }
      }
      if (request.getKindsCount() == 0) {
        kinds.addAll(EnumSet.complementOf(EnumSet.of(EventKind.UNRECOGNIZED)));
      }
      over = kinds.isEmpty();
      if (!over) {
        return;
      }
    }
    call.close(
        Status.INVALID_ARGUMENT.withDescription(
            "none of the kinds of events that are asked for is known"),
        new Metadata());
  }

  @Override
  public void onHalfClose() {
    synchronized (lock) {
      if (over) {
        return;
      }
    }
    call.sendHeaders(new Metadata());
    role.subscribe(this);
  }

  /** Takes an event that waits until the subscriber has room for it. */
  void offer(Event event) {
    synchronized (lock) {
      if (over) {
        return;
      }
      switch (event.getEventCase()) {
        case AGENT_READY -> {
          if (kinds.contains(EventKind.EVENT_KIND_AGENT_READY)) {
            dropped += ready == null ? 0 : 1;
            ready = event;
          }
        }
        case TELEMETRY -> {
          if (kinds.contains(EventKind.EVENT_KIND_TELEMETRY)) {
            dropped += telemetry == null ? 0 : 1;
            telemetry = event;
          }
        }
        default -> offerError(event);
      }
    }
    send();
  }

  private void offerError(Event event) {
    if (kinds.contains(EventKind.EVENT_KIND_ERROR)) {
      if (errors.size() == MAX_ERRORS) {
        errors.remove();
        dropped++;
      }
      errors.add(event);
    }
  }

  @Override
  public void onReady() {
    send();
  }

  @Override
  public void onCancel() {
    end();
  }

  @Override
  public void onComplete() {
    end();
  }

  private void end() {
    synchronized (lock) {
      over = true;
    }
    role.unsubscribe(this);
  }

  private void send() {
    while (true) {
      Event event;
      synchronized (lock) {
        event = sending || over || !call.isReady() ? null : next();
        if (event == null) {
          return;
        }
        sending = true;
      }
      try {
        call.sendMessage(event);
      } finally {
        synchronized (lock) {
          sending = false;
        }
      }
    }
  }

  private @Nullable Event next() {
    Event event = ready;
    if (event != null) {
      ready = null;
    } else if (!errors.isEmpty()) {
      event = errors.remove();
    } else {
      event = telemetry;
      telemetry = null;
    }
    if (event == null) {
      return null;
    }
    long missed = dropped;
    dropped = 0;
    return event.toBuilder().setSequence(++sequence).setDropped(missed).build();
  }
}
