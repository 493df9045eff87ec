package com.limiquantix.agent.transport;

import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
    Future<?> future = executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** Ends the thread; tasks that are still due never run. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
