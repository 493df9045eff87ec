package com.limiquantix.agent.transport.link;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps tasks, from any thread, until the test runs them in its own. */
public final class ManualExecutor implements Executor {
  private static final int PATIENCE_SECONDS = 20;

  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** Runs all tasks and those that they add. */
  public void runAll() {
    Runnable task;
    while ((task = tasks.poll()) != null) {
      task.run();
    }
  }

  /** Whether a task waits. */
  public boolean hasTasks() {
    return !tasks.isEmpty();
  }

  /** Waits for a task and runs it. */
  public void runNext() throws InterruptedException {
    Runnable task = tasks.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (task == null) {
      throw new AssertionError("nothing happened for " + PATIENCE_SECONDS + " seconds");
    }
    task.run();
  }
}
