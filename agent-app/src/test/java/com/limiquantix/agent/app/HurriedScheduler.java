package com.limiquantix.agent.app;

import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The time of an agent for which every delay is shorter. */
final class HurriedScheduler extends ScheduledThreadPoolExecutor implements AutoCloseable {
  private final int factor;

  HurriedScheduler(int factor) {
    super(1);
    this.factor = factor;
    setRemoveOnCancelPolicy(true);
  }

  /** The time, as {@link System#nanoTime} gives it, but that much faster. */
  long nanoTime() {
    return factor * System.nanoTime();
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return super.schedule(task, unit.toNanos(delay) / factor, TimeUnit.NANOSECONDS);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    return super.schedule(task, unit.toNanos(delay) / factor, TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    shutdownNow();
  }
}
