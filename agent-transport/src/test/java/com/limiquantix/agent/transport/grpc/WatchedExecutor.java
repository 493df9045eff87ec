package com.limiquantix.agent.transport.grpc;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Threads of a known name that tell whether they are idle and whether they were used too late. */
final class WatchedExecutor implements Executor {
  private final String name;
  private final ExecutorService threads;
  private int busy;
  private int late;
  private boolean ended;

  WatchedExecutor(String name) {
    this.name = name;
    threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public void execute(Runnable task) {
    synchronized (this) {
      if (ended) {
        late++;
        throw new RejectedExecutionException(name + " has ended");
      }
      busy++;
    }
    threads.execute(
        () -> {
          try {
            task.run();
          } finally {
            done();
          }
        });
  }

  private synchronized void done() {
    busy--;
    notifyAll();
  }

  /** Tasks that wait or run. */
  synchronized int busy() {
    return busy;
  }

  /** Waits until no task waits or runs; false if some still did when patience was over. */
  synchronized boolean awaitIdle(long patienceNanos) throws InterruptedException {
    long end = System.nanoTime() + patienceNanos;
    while (busy > 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** Refuses all later tasks and returns how many came after an earlier call. */
  synchronized int end() {
    ended = true;
    threads.shutdown();
    return late;
  }
}
