package com.limiquantix.agent.app;

import com.limiquantix.agent.transport.Timers;

/** Time that goes ten times as fast as another, so that what waits for seconds takes tenths. */
final class HurriedTimers implements Timers {
  private static final int FACTOR = 10;

  private final Timers real;

  HurriedTimers(Timers real) {
    this.real = real;
  }

  @Override
  public long nanoTime() {
    return FACTOR * real.nanoTime();
  }

  @Override
  public Timer schedule(Runnable task, long delayNanos) {
    return real.schedule(task, delayNanos / FACTOR);
  }
}
