package com.limiquantix.agent.handlers.event;

import com.google.protobuf.Timestamp;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v2.AuditHead;
import com.limiquantix.agent.protocol.v2.AuditRecord;
import com.limiquantix.agent.protocol.v2.Event;
import io.grpc.Status;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Brings events to whoever subscribes. Thread-safe; nothing here waits for a subscriber: who reads
 * too slowly loses the oldest of what waits for it and is told how much that was.
 */
public final class EventBus implements AutoCloseable {
  /** Subscriptions that may be open at once; each keeps a few events. */
  static final int MAX_SUBSCRIPTIONS = 64;

  /** Standing errors that are kept; more would be a fault of the agent itself. */
  static final int MAX_STANDING = 16;

  private final Clock clock;
  private final Supplier<Optional<AuditHead>> auditHead;
  private final Object lock = new Object();
  private final Set<Subscription> subscriptions = new HashSet<>();
  private final List<Event> standing = new ArrayList<>();
  private boolean closed;

  /** Of an agent without audit. */
  public EventBus(Clock clock) {
    this(clock, Optional::empty);
  }

  /**
   * @param clock the guest's, for the events' time stamps
   * @param auditHead the last record of the audit log, for the events that carry it; must not block
   */
  public EventBus(Clock clock, Supplier<Optional<AuditHead>> auditHead) {
    this.clock = clock;
    this.auditHead = auditHead;
  }

  /** Tells all who subscribe to errors now. */
  public void post(ErrorEvent error) {
    tell(stamped().setError(error).build());
  }

  /** Tells all who subscribe to audit records now. */
  public void post(AuditRecord record) {
    tell(stamped().setAudit(record).build());
  }

  /**
   * Tells all who subscribe to errors, now or later: for what stays wrong until the agent ends or
   * the error is withdrawn.
   *
   * @throws IllegalStateException if too many things stay wrong
   */
  public void postStanding(ErrorEvent error) {
    Event event = stamped().setError(error).build();
    synchronized (lock) {
      if (standing.size() == MAX_STANDING) {
        throw new IllegalStateException("more than " + MAX_STANDING + " standing errors");
      }
      standing.add(event);
    }
    tell(event);
  }

  /** Tells those who subscribe later no more of standing errors with this code. */
  public void withdraw(String code) {
    synchronized (lock) {
      standing.removeIf(event -> event.getError().getCode().equals(code));
    }
  }

  private void tell(Event event) {
    List<Subscription> all;
    synchronized (lock) {
      all = List.copyOf(subscriptions);
    }
    for (Subscription subscription : all) {
      subscription.offer(event);
    }
  }

  /** An event of now, without contents. */
  Event.Builder stamped() {
    Instant now = clock.instant();
    return Event.newBuilder()
        .setTimestamp(
            Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()));
  }

  /** As {@link #stamped}, with the last record of the audit log. */
  Event.Builder headed() {
    Event.Builder event = stamped();
    auditHead.get().ifPresent(event::setAuditHead);
    return event;
  }

  /** OK, or why there can be no further subscription. */
  Status add(Subscription subscription) {
    List<Event> known;
    synchronized (lock) {
      if (closed) {
        return Status.UNAVAILABLE.withDescription("the agent is stopping");
      }
      if (subscriptions.size() == MAX_SUBSCRIPTIONS) {
        return Status.RESOURCE_EXHAUSTED.withDescription(
            MAX_SUBSCRIPTIONS
                + " subscriptions are open, which is the most allowed: cancel one that is not"
                + " needed");
      }
      subscriptions.add(subscription);
      known = List.copyOf(standing);
    }
    known.forEach(subscription::offer);
    return Status.OK;
  }

  void remove(Subscription subscription) {
    synchronized (lock) {
      subscriptions.remove(subscription);
    }
  }

  /** Ends all subscriptions with UNAVAILABLE and takes no new ones. */
  @Override
  public void close() {
    List<Subscription> all;
    synchronized (lock) {
      closed = true;
      all = List.copyOf(subscriptions);
      subscriptions.clear();
    }
    Status reason = Status.UNAVAILABLE.withDescription("the agent is stopping");
    all.forEach(subscription -> subscription.end(reason));
  }
}
