package com.limiquantix.agent.transport;

import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A clock that the test moves. Tasks run in the thread that moves it, each at its own time. */
public final class FakeTimers implements Timers {
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long now;
  private long scheduled;

  private static final class Task implements Comparable<Task> {
    final long at;
    final long order;
    final Runnable action;

    Task(long at, long order, Runnable action) {
      this.at = at;
      this.order = order;
      this.action = action;
    }

    @Override
    public int compareTo(Task other) {
      return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
    }
  }

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public synchronized Timer schedule(Runnable task, long delayNanos) {
    Task added = new Task(now + Math.max(0, delayNanos), scheduled++, task);
    tasks.add(added);
    return () -> remove(added);
  }

  private synchronized void remove(Task task) {
    tasks.remove(task);
  }

  /** Tasks that wait for their time. */
  public synchronized int waiting() {
    return tasks.size();
  }

  /** Lets {@code millis} pass, and runs {@code settle} after every task and at the end. */
  public void advance(long millis, Runnable settle) {
    long end = nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    settle.run();
    for (Task task = next(end); task != null; task = next(end)) {
      task.action.run();
      settle.run();
    }
  }

  /** The next task that is due by {@code end}, and the time when it is; without one the end. */
  private synchronized @Nullable Task next(long end) {
    Task first = tasks.peek();
    if (first == null || first.at > end) {
      now = end;
      return null;
    }
    now = Math.max(now, first.at);
    return tasks.remove();
  }
}
