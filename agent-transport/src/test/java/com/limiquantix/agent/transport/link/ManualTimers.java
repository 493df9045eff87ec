package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.Timers;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Hands every scheduled task to the test, which runs it when time shall have passed. */
final class ManualTimers implements Timers {
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final List<Long> delays = new CopyOnWriteArrayList<>();
  private final AtomicLong now = new AtomicLong();

  @Override
  public long nanoTime() {
    return now.get();
  }

  /** Lets time pass; what was scheduled still waits to be run by the test. */
  void advance(long nanos) {
    now.addAndGet(nanos);
  }

  /** The delay of each task so far, in nanoseconds. */
  List<Long> delays() {
    return delays;
  }

  @Override
  public Timer schedule(Runnable task, long delayNanos) {
    delays.add(delayNanos);
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
