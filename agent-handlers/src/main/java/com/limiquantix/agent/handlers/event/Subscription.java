package com.limiquantix.agent.handlers.event;

import com.limiquantix.agent.handlers.telemetry.Registration;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.Event.EventCase;
import com.limiquantix.agent.protocol.v2.EventKind;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One subscriber: what waits for it, and the one thread at a time that sends. */
final class Subscription {
  /**
   * Errors that wait for a slow subscriber; a newer one replaces the oldest. Of telemetry only the
   * newest report waits beside them.
   */
  static final int MAX_WAITING = 16;

  /** Audit records that wait beside them, in the same way. */
  static final int MAX_AUDIT_WAITING = 256;

  private final ServerCallStreamObserver<Event> observer;
  private final Set<EventKind> kinds;
  private final Object lock = new Object();
  private final ArrayDeque<Event> waiting = new ArrayDeque<>();
  private @Nullable Event first;
  private @Nullable Registration telemetry;
  private @Nullable Status end;
  private long dropped;
  private long sequence;
  private boolean sending;
  private boolean done;

  /**
   * @param first what is sent before all else, or null; it is never dropped
   * @param kinds what is wanted of all that the bus brings
   */
  Subscription(
      ServerCallStreamObserver<Event> observer, @Nullable Event first, Set<EventKind> kinds) {
    this.observer = observer;
    this.first = first;
    this.kinds = Set.copyOf(kinds);
  }

  void offer(Event event) {
    if ((event.hasError() && !kinds.contains(EventKind.EVENT_KIND_ERROR))
        || (event.hasAudit() && !kinds.contains(EventKind.EVENT_KIND_AUDIT))) {
      return;
    }
    synchronized (lock) {
      if (done) {
        return;
      }
      makeRoom(event);
      waiting.add(event);
    }
    send();
  }

  /** Drops the oldest of the kind of {@code next} if as many wait as may. */
  private void makeRoom(Event next) {
    Event oldest = null;
    int alike = 0;
    for (Event event : waiting) {
      if (event.getEventCase() == next.getEventCase() && alike++ == 0) {
        oldest = event;
      }
    }
    if (oldest != null && alike == maxWaiting(next.getEventCase())) {
      waiting.removeFirstOccurrence(oldest);
      dropped++;
    }
  }

  private static int maxWaiting(EventCase kind) {
    return switch (kind) {
      case TELEMETRY -> 1;
      case AUDIT -> MAX_AUDIT_WAITING;
      default -> MAX_WAITING;
    };
  }

  /** Sends what the subscriber can take at once, then fails the call. */
  void end(Status reason) {
    synchronized (lock) {
      end = reason;
    }
    send();
  }

  /** Closes {@code part} when the call is over, at once if it is already. */
  void own(Registration part) {
    synchronized (lock) {
      if (!done) {
        telemetry = part;
        return;
      }
    }
    part.close();
  }

  /** The call is over; nothing more is sent. */
  void cancelled() {
    synchronized (lock) {
      done = true;
      waiting.clear();
    }
    release();
  }

  private void release() {
    Registration owned;
    synchronized (lock) {
      owned = telemetry;
    }
    if (owned != null) {
      owned.close();
    }
  }

  /** Sends as long as there is something and the call takes it without queueing. */
  void send() {
    while (true) {
      Event event;
      Status reason;
      synchronized (lock) {
        if (sending || done) {
          return;
        }
        event = next();
        reason = end;
        if (event == null && reason == null) {
          return;
        }
        done = event == null;
        sending = true;
      }
      try {
        if (event != null) {
          observer.onNext(event);
        } else if (reason != null) {
          release();
          observer.onError(reason.asException());
        }
      } finally {
        synchronized (lock) {
          sending = false;
        }
      }
    }
  }

  /** The next event if there is one and the subscriber has room for it. Under the lock. */
  private @Nullable Event next() {
    if ((first == null && waiting.isEmpty()) || !observer.isReady()) {
      return null;
    }
    Event event = first == null ? waiting.remove() : first;
    long missed = first == null ? dropped : 0;
    dropped -= missed;
    first = null;
    return event.toBuilder().setSequence(++sequence).setDropped(missed).build();
  }
}
