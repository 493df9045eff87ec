package com.limiquantix.agent.app;

import com.limiquantix.agent.app.internal.jna.NativeHeap;
import com.limiquantix.agent.transport.Timers;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Gives memory back when work is over. A JVM keeps a heap that a burst has grown for good: it
 * shrinks only in a full collection, which an agent that idles again never needs. An agent that
 * does nothing wakes for nothing: the time runs from the last call alone.
 *
 * <p>Thread-safe.
 */
final class IdleTrim {
  /** Without a call for so long the work counts as over. */
  static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Timers timers;
  private final Executor workers;
  private final Runnable trim;
  private long lastWorkNanos;
  private boolean waiting;

  /** Trims the memory of this process. */
  IdleTrim(Timers timers, Executor workers) {
    this(timers, workers, IdleTrim::trimProcess);
  }

  /**
   * @param trim what is done when it is quiet; runs on the workers
   */
  IdleTrim(Timers timers, Executor workers, Runnable trim) {
    this.timers = timers;
    this.workers = workers;
    this.trim = trim;
  }

  private static void trimProcess() {
    System.gc();
    NativeHeap.trim();
  }

  /** A call that may have taken memory has ended. */
  void worked() {
    synchronized (this) {
      lastWorkNanos = timers.nanoTime();
      if (waiting) {
        return;
      }
      waiting = true;
    }
    timers.schedule(this::look, QUIET_NANOS);
  }

  private void look() {
    long left;
    synchronized (this) {
      left = QUIET_NANOS - (timers.nanoTime() - lastWorkNanos);
      waiting = left > 0;
    }
    if (left > 0) {
      timers.schedule(this::look, left);
      return;
    }
    try {
      workers.execute(trim);
    } catch (RejectedExecutionException e) {
      // The agent ends, and its memory with it.
      return;
    }
  }
}
