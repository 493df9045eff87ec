package com.limiquantix.agent.transport;

import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** {@link Timers} over {@link System#nanoTime} and one daemon thread. */
public final class SystemTimers implements Timers, AutoCloseable {
  private final ScheduledThreadPoolExecutor executor;

  /**
   * @param threadName name of the one thread, for thread dumps
   */
  public SystemTimers(String threadName) {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = Executors.defaultThreadFactory().newThread(task);
              thread.setName(threadName);
              thread.setDaemon(true);
              return thread;
            });
    // A call's deadline that was not needed would else keep the whole call until it passes.
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Timer schedule(Runnable task, long delayNanos) {
    try {
      Future<?> future = executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      // Closed: this task never runs, like those that were due then.
      return () -> {};
    }
  }

  /** Ends the thread; tasks that are due then or scheduled later never run. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
