package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.transport.Timers;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * What gRPC's {@code Context} wants for its deadlines, over our timers. Only one-shot tasks: the
 * rest throws UnsupportedOperationException.
 */
public final class TimersScheduler extends AbstractExecutorService
    implements ScheduledExecutorService {
  private final Timers timers;

  public TimersScheduler(Timers timers) {
    this.timers = timers;
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return start(new Task<>(timers, Executors.callable(task), unit.toNanos(delay)));
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    return start(new Task<>(timers, task, unit.toNanos(delay)));
  }

  private <V> Task<V> start(Task<V> task) {
    task.timer = timers.schedule(task, task.dueNanos - timers.nanoTime());
    return task;
  }

  @Override
  public void execute(Runnable task) {
    timers.schedule(task, 0);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    throw new UnsupportedOperationException("one-shot tasks only");
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException("one-shot tasks only");
  }

  @Override
  public void shutdown() {
    throw new UnsupportedOperationException("the timers have an owner who ends them");
  }

  @Override
  public List<Runnable> shutdownNow() {
    throw new UnsupportedOperationException("the timers have an owner who ends them");
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
    throw new UnsupportedOperationException("the timers have an owner who ends them");
  }

  private static final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {
    private final Timers timers;
    private final long dueNanos;
    private volatile Timers.Timer timer = () -> {};

    Task(Timers timers, Callable<V> task, long delayNanos) {
      super(task);
      this.timers = timers;
      this.dueNanos = timers.nanoTime() + delayNanos;
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      timer.cancel();
      return super.cancel(mayInterrupt);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(dueNanos - timers.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }
}
