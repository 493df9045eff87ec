package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.Timers;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Hands every scheduled task to the test, which runs it when time shall have passed. */
final class ManualTimers implements Timers {
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public Timer schedule(Runnable task, long delayNanos) {
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  /** Waits for the next task. */
  Runnable next() throws InterruptedException {
    Runnable task = tasks.poll(20, TimeUnit.SECONDS);
    if (task == null) {
      throw new AssertionError("nothing was scheduled");
    }
    return task;
  }
}
