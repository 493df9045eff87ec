package com.limiquantix.agent.app;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent's own threads. All are daemons; an idle agent keeps only the scheduler's. */
final class Workers {
  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

  /** Handlers that may block at the same time; more calls wait their turn. */
  private static final int MAX_WORKERS = 8;

  /** Longer than the usual pause between two reports, which would else each need a new thread. */
  private static final long IDLE_SECONDS = 20;

  private Workers() {}

  /**
   * Runs handlers. Its queue needs no bound of its own: a call has at most one task in it, and
   * links and their calls are bounded.
   */
  static ThreadPoolExecutor bounded() {
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(
            MAX_WORKERS,
            MAX_WORKERS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            threads("agent-work-"));
    workers.allowCoreThreadTimeOut(true);
    return workers;
  }

  /** Keeps the time, for tasks that never block. */
  static ScheduledThreadPoolExecutor scheduler() {
    ScheduledThreadPoolExecutor scheduler =
        new ScheduledThreadPoolExecutor(1, threads("agent-time-"));
    // A deadline that was not needed would else keep its whole call until it passes.
    scheduler.setRemoveOnCancelPolicy(true);
    return scheduler;
  }

  private static ThreadFactory threads(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler(
          (failed, fault) -> LOG.error("thread {} failed", failed.getName(), fault));
      return thread;
    };
  }
}
