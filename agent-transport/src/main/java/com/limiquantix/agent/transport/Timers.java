package com.limiquantix.agent.transport;

/**
 * The clock of the transport: the time and what shall happen later. Production code gets {@link
 * SystemTimers}; tests move time by hand.
 */
public interface Timers {

  /** Nanoseconds since an arbitrary origin, never going back; only differences mean something. */
  long nanoTime();

  /**
   * Runs {@code task} once, {@code delayNanos} from now, on a thread of the timers' own. The task
   * must not block. A delay of zero or less means as soon as possible, but never from within this
   * call.
   *
   * @return a handle that forgets the task if it has not begun
   */
  Timer schedule(Runnable task, long delayNanos);

  /** A task that was scheduled. */
  interface Timer {
    /** Forgets the task unless it has begun. Any thread, any number of times. */
    void cancel();
  }
}
