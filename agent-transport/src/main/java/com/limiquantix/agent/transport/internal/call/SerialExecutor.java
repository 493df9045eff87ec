package com.limiquantix.agent.transport.internal.call;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after the other in the order they came, each on the executor behind it. gRPC
 * promises its callbacks one at a time, whatever the executor.
 */
final class SerialExecutor implements Executor {
  private final Executor executor;
  private final Consumer<Throwable> onFailure;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>(4);
  private boolean running;

  /**
   * @param onFailure hears of tasks that throw, and of an executor that takes none; what waited
   *     then is lost
   */
  SerialExecutor(Executor executor, Consumer<Throwable> onFailure) {
    this.executor = executor;
    this.onFailure = onFailure;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (tasks) {
      tasks.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    try {
      executor.execute(this::runAll);
    } catch (RejectedExecutionException e) {
      synchronized (tasks) {
        tasks.clear();
        running = false;
      }
      onFailure.accept(e);
    }
  }

  private void runAll() {
    Runnable task = next();
    while (task != null) {
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        onFailure.accept(e);
      }
      task = next();
    }
  }

  private @Nullable Runnable next() {
    synchronized (tasks) {
      Runnable task = tasks.poll();
      running = task != null;
      return task;
    }
  }
}
