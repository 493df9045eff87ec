package com.limiquantix.agent.app.health;

/** One thing that the agent looks at in itself. */
interface HealthCheck {
  /**
   * Adds what is wrong now to {@code problems}. On the thread that keeps time alone; must not wait.
   *
   * @param now as {@link System#nanoTime}
   * @param since what was before counts for nothing, because the agent did not get to run then; not
   *     after {@code now}
   */
  void look(long now, long since, Problems problems);
}
