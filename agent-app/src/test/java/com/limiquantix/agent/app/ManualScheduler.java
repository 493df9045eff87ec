package com.limiquantix.agent.app;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The time of an agent under test: it stands still until {@link #advance}, which also runs what is
 * due then, in order and in the calling thread.
 */
final class ManualScheduler extends AbstractExecutorService implements ScheduledExecutorService {
  private final PriorityQueue<Due<?>> pending =
      new PriorityQueue<>(Comparator.<Due<?>>comparingLong(Due::at).thenComparingLong(Due::order));
  private long now = 1_000_000;
  private long order;
  private boolean shutdown;

  private final class Due<V> extends FutureTask<V> implements ScheduledFuture<V> {
    private final long at;
    private final long order;

    Due(Callable<V> task, long at, long order) {
      super(task);
      this.at = at;
      this.order = order;
    }

    long at() {
      return at;
    }

    long order() {
      return order;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(at - nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    @Override
    protected void done() {
      synchronized (ManualScheduler.this) {
        pending.remove(this);
      }
    }
  }

  /** The time, as {@link System#nanoTime} gives it. */
  synchronized long nanoTime() {
    return now;
  }

  /** Lets time pass. */
  void advance(Duration by) {
    long until = nanoTime() + by.toNanos();
    for (Due<?> next = nextUntil(until); next != null; next = nextUntil(until)) {
      next.run();
    }
  }

  private synchronized @Nullable Due<?> nextUntil(long until) {
    Due<?> next = pending.peek();
    if (next == null || next.at() > until) {
      now = until;
      return null;
    }
    now = Math.max(now, next.at());
    return pending.remove();
  }

  @Override
  public synchronized <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    Due<V> due = new Due<>(task, now + unit.toNanos(delay), order++);
    pending.add(due);
    return due;
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return schedule(Executors.callable(task), delay, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    throw new UnsupportedOperationException("the agent schedules each task anew");
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException("the agent schedules each task anew");
  }

  @Override
  public void execute(Runnable task) {
    schedule(task, 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public synchronized void shutdown() {
    shutdown = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutdown();
    return List.of();
  }

  @Override
  public synchronized boolean isShutdown() {
    return shutdown;
  }

  @Override
  public boolean isTerminated() {
    return isShutdown();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return isShutdown();
  }
}
