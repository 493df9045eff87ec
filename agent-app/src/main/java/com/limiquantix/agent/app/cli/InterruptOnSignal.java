package com.limiquantix.agent.app.cli;

import org.jspecify.annotations.Nullable;

/** Interrupts a thread when a signal comes while it waits for a connection, and not later. */
final class InterruptOnSignal {
  private @Nullable Thread waiting;
  private @Nullable Signal signal;

  InterruptOnSignal(Thread waiting) {
    this.waiting = waiting;
  }

  synchronized void signalled(Signal arrived) {
    if (waiting != null) {
      signal = arrived;
      waiting.interrupt();
    }
  }

  /** The thread has ended its wait; clears an interrupt that came too late to be noticed. */
  synchronized void done() {
    waiting = null;
    if (signal != null) {
      Thread.interrupted();
    }
  }

  /** Why the wait was interrupted. */
  synchronized Failure failure(String asked, InterruptedException cause) {
    return signal == null ? Failure.unexpected(cause) : Failure.signalled(asked, signal);
  }
}
