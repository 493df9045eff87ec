package com.limiquantix.agent.app.health;

import com.limiquantix.agent.handlers.health.HealthHandler;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Whether the thread of the links gets round to its tasks. */
final class LinkCheck implements HealthCheck {
  /** Far above any turn of a loop whose callbacks do not block, even on a machine that is busy. */
  static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Executor loop;
  private final Runnable answer = new Answer();
  private volatile boolean answered = true;
  private long askedNanos;

  /**
   * @param loop runs each task in the thread in question
   */
  public LinkCheck(Executor loop) {
    this.loop = loop;
  }

  @Override
  public void look(long now, long since, Problems problems) {
    if (!answered) {
      if (Math.min(now - askedNanos, now - since) > LATE_NANOS) {
        problems.add(
            HealthHandler.AGENT,
            "the thread that reads and writes links has not got round to its tasks for more than "
                + TimeUnit.NANOSECONDS.toSeconds(LATE_NANOS)
                + " s");
      }
      return;
    }
    answered = false;
    askedNanos = now;
    try {
      loop.execute(answer);
    } catch (RejectedExecutionException e) {
      problems.add(HealthHandler.AGENT, "the thread that reads and writes links has ended");
    }
  }

  private final class Answer implements Runnable {
    @Override
    public void run() {
      answered = true;
    }
  }
}
