package com.limiquantix.agent.app.health;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether handlers return. What counts is the time that a handler keeps its thread in one go: a
 * stream that waits for its peer, or a command that runs, keeps none. A handler may take until its
 * call's deadline, and without one for a minute, and ten seconds more to notice.
 *
 * <p>Thread-safe.
 */
public final class HandlerWatch implements ServerInterceptor, HealthCheck {
  /** What a handler may take whose call has no deadline. */
  static final long NO_DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** What a handler may take to notice that its time is over. */
  static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LongSupplier nanoTime;
  private final Set<Work> busy = ConcurrentHashMap.newKeySet();

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  public HandlerWatch(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Work work = new Work(call.getMethodDescriptor(), Context.current().getDeadline());
    work.begin();
    try {
      return new Watched<>(next.startCall(call, headers), work);
    } finally {
      work.end();
    }
  }

  @Override
  public void look(long now, long since, Problems problems) {
    if (busy.isEmpty()) {
      return;
    }
    // Once for each method, however many of its handlers are stuck.
    Map<String, Work> stuck = new TreeMap<>();
    for (Work work : busy) {
      if (work.isStuck(now, since)) {
        stuck.put(work.method.getFullMethodName(), work);
      }
    }
    for (Work work : stuck.values()) {
      problems.add(
          String.valueOf(work.method.getServiceName()),
          "a handler of "
              + work.method.getFullMethodName()
              + " does not return: its time was over more than "
              + TimeUnit.NANOSECONDS.toSeconds(GRACE_NANOS)
              + " s ago");
    }
  }

  /** What a call's handler does in one go, from {@link #begin} to {@link #end}. */
  private final class Work {
    private final MethodDescriptor<?, ?> method;
    private final boolean hasDeadline;
    private final long deadlineNanos;
    private volatile long beganNanos;

    /** Of the checks alone: who is stuck stays so until it returns. */
    private boolean stuck;

    Work(MethodDescriptor<?, ?> method, @Nullable Deadline deadline) {
      this.method = method;
      this.hasDeadline = deadline != null;
      this.deadlineNanos =
          deadline == null
              ? 0
              : nanoTime.getAsLong() + deadline.timeRemaining(TimeUnit.NANOSECONDS);
    }

    void begin() {
      beganNanos = nanoTime.getAsLong();
      busy.add(this);
    }

    void end() {
      busy.remove(this);
    }

    boolean isStuck(long now, long since) {
      long running = Math.min(now - beganNanos, now - since);
      boolean late =
          hasDeadline
              ? running > GRACE_NANOS && now - deadlineNanos > GRACE_NANOS
              : running > NO_DEADLINE_NANOS + GRACE_NANOS;
      stuck |= late;
      return stuck;
    }
  }

  private static final class Watched<Q> extends SimpleForwardingServerCallListener<Q> {
    private final HandlerWatch.Work work;

    Watched(ServerCall.Listener<Q> handler, HandlerWatch.Work work) {
      super(handler);
      this.work = work;
    }

    @Override
    public void onMessage(Q message) {
      work.begin();
      try {
        super.onMessage(message);
      } finally {
        work.end();
      }
    }

    @Override
    public void onHalfClose() {
      work.begin();
      try {
        super.onHalfClose();
      } finally {
        work.end();
      }
    }

    @Override
    public void onReady() {
      work.begin();
      try {
        super.onReady();
      } finally {
        work.end();
      }
    }

    @Override
    public void onCancel() {
      work.begin();
      try {
        super.onCancel();
      } finally {
        work.end();
      }
    }

    @Override
    public void onComplete() {
      work.begin();
      try {
        super.onComplete();
      } finally {
        work.end();
      }
    }
  }
}
