package com.limiquantix.agent.app.health;

import com.limiquantix.agent.handlers.health.HealthHandler;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Whether calls find a worker. That all are busy is no fault, and neither is a call that takes
 * long; that others wait meanwhile and none comes on is.
 */
final class WorkerCheck implements HealthCheck {
  /** So long nobody should wait before his call even begins. */
  static final long STANDSTILL_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ThreadPoolExecutor workers;
  private long done;
  private long sinceNanos;
  private boolean waited;

  /** Looks at {@code workers}, and never asks them to do anything. */
  public WorkerCheck(ThreadPoolExecutor workers) {
    this.workers = workers;
  }

  @Override
  public void look(long now, long since, Problems problems) {
    if (workers.getQueue().isEmpty()) {
      waited = false;
      return;
    }
    long doneNow = workers.getCompletedTaskCount();
    if (!waited || doneNow != done) {
      waited = true;
      done = doneNow;
      sinceNanos = now;
      return;
    }
    if (Math.min(now - sinceNanos, now - since) >= STANDSTILL_NANOS) {
      problems.add(
          HealthHandler.AGENT,
          "all workers are busy: calls wait, and none has come on for "
              + TimeUnit.NANOSECONDS.toSeconds(STANDSTILL_NANOS)
              + " s");
    }
  }
}
