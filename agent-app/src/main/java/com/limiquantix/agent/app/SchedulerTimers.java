package com.limiquantix.agent.app;

import com.limiquantix.agent.transport.Timers;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** The transport's timers over the scheduler that handlers use too: one thread instead of two. */
final class SchedulerTimers implements Timers {
  private final ScheduledExecutorService scheduler;
  private final LongSupplier nanoTime;

  SchedulerTimers(ScheduledExecutorService scheduler, LongSupplier nanoTime) {
    this.scheduler = scheduler;
    this.nanoTime = nanoTime;
  }

  @Override
  public long nanoTime() {
    return nanoTime.getAsLong();
  }

  @Override
  public Timer schedule(Runnable task, long delayNanos) {
    try {
      Future<?> future = scheduler.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      // The scheduler has ended and with it all that waits for a time.
      return () -> {};
    }
  }
}
