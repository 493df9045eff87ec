package com.limiquantix.agent.app;

import com.limiquantix.agent.transport.Timers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Tells a service manager that the agent is alive as long as its inner threads get round to their
 * tasks: the one that keeps time, and those given. What hosts do or do not do has no part in it,
 * and neither have handlers, whose work may rightly take long.
 */
final class Watchdog implements AutoCloseable {
  /** Signs of life within the time that the manager allows; sd_watchdog_enabled(3) advises two. */
  private static final int SIGNS = 4;

  private final Timers timers;
  private final List<Executor> threads;
  private final Runnable alive;
  private final long intervalNanos;
  private final AtomicInteger awaited = new AtomicInteger();
  private volatile Timers.Timer next = () -> {};
  private volatile boolean closed;

  private Watchdog(Timers timers, Duration allowed, List<Executor> threads, Runnable alive) {
    this.timers = timers;
    this.threads = List.copyOf(threads);
    this.alive = alive;
    this.intervalNanos = allowed.toNanos() / SIGNS;
  }

  /**
   * Begins with a sign of life at once.
   *
   * @param allowed the longest time between two signs, more than 0
   * @param threads each runs a task at every turn
   */
  static Watchdog start(Timers timers, Duration allowed, List<Executor> threads, Runnable alive) {
    Watchdog watchdog = new Watchdog(timers, allowed, threads, alive);
    watchdog.turn();
    return watchdog;
  }

  private void turn() {
    if (closed) {
      return;
    }
    // A thread that has not yet answered the last turn is not asked again, and no sign is given.
    if (awaited.get() == 0) {
      alive.run();
      ask();
    }
    next = timers.schedule(this::turn, intervalNanos);
  }

  private void ask() {
    awaited.set(threads.size());
    for (Executor thread : threads) {
      try {
        thread.execute(awaited::decrementAndGet);
      } catch (RejectedExecutionException e) {
        // It has ended, which nothing that still runs does; so no more signs are given.
        return;
      }
    }
  }

  /** Gives no more signs. */
  @Override
  public void close() {
    closed = true;
    next.cancel();
  }
}
