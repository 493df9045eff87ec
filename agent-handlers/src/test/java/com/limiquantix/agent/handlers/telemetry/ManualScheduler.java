package com.limiquantix.agent.handlers.telemetry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A scheduler whose time moves when a test says so; tasks run in the thread that moves it. */
public final class ManualScheduler extends AbstractExecutorService
    implements ScheduledExecutorService {
  private final List<Task> waiting = new ArrayList<>();
  private long now = 1_000_000_000_000L;

  /** The time, as {@link System#nanoTime}. */
  public synchronized long nanoTime() {
    return now;
  }

  /** Tasks that wait for their time. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /** Lets time pass and runs what falls into it, in order. */
  public void pass(long amount, TimeUnit unit) {
    long end = nanoTime() + unit.toNanos(amount);
    for (Task next = next(end); next != null; next = next(end)) {
      next.run();
    }
  }

  private synchronized @Nullable Task next(long end) {
    Task first =
        waiting.stream().min(Comparator.comparingLong(task -> task.atNanos - end)).orElse(null);
    if (first == null || first.atNanos > end) {
      now = end;
      return null;
    }
    now = Math.max(now, first.atNanos);
    waiting.remove(first);
    return first;
  }

  @Override
  public synchronized ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    Task task = new Task(command, now + unit.toNanos(delay));
    waiting.add(task);
    return task;
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void execute(Runnable command) {
    command.run();
  }

  @Override
  public void shutdown() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Runnable> shutdownNow() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  private final class Task extends FutureTask<Void> implements ScheduledFuture<Void> {
    private final long atNanos;

    Task(Runnable command, long atNanos) {
      super(command, null);
      this.atNanos = atNanos;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      synchronized (ManualScheduler.this) {
        waiting.remove(this);
      }
      return super.cancel(mayInterruptIfRunning);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(atNanos - nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }
}
