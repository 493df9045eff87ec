package com.limiquantix.agent.app;

import com.limiquantix.agent.transport.Timers;

/** Time that goes faster than another, so that what waits for seconds takes tenths. */
final class HurriedTimers implements Timers {
  private final Timers real;
  private final int factor;

  HurriedTimers(Timers real, int factor) {
    this.real = real;
    this.factor = factor;
  }

  @Override
  public long nanoTime() {
    return factor * real.nanoTime();
  }

  @Override
  public Timer schedule(Runnable task, long delayNanos) {
    return real.schedule(task, delayNanos / factor);
  }
}
