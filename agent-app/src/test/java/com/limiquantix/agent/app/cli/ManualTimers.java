package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.transport.Timers;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Time that stands still until a test moves it. */
final class ManualTimers implements Timers {
  private record Due(long at, long order, Runnable task) {}

  private final PriorityQueue<Due> pending =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
  private long now = 1_000_000;
  private long order;

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public synchronized Timer schedule(Runnable task, long delayNanos) {
    Due due = new Due(now + delayNanos, order++, task);
    pending.add(due);
    notifyAll();
    return () -> cancel(due);
  }

  /** Lets time pass without running anything. */
  synchronized void pass(long nanos) {
    now += nanos;
  }

  /** Waits until that many tasks are due some time, goes to the earliest and runs it. */
  void runEarliestOf(int count) throws InterruptedException {
    Due due;
    synchronized (this) {
      awaitPending(count);
      due = pending.remove();
      now = Math.max(now, due.at());
    }
    due.task().run();
  }

  /** Waits until that many tasks are due some time. */
  synchronized void awaitPending(int count) throws InterruptedException {
    while (pending.size() < count) {
      wait();
    }
  }

  private synchronized void cancel(Due due) {
    pending.remove(due);
  }
}
