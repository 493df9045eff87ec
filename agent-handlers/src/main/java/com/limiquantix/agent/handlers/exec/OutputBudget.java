package com.limiquantix.agent.handlers.exec;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes of output that all commands together may still hold. */
final class OutputBudget {
  private final AtomicLong left;

  OutputBudget(long bytes) {
    left = new AtomicLong(bytes);
  }

  /** Takes {@code bytes}, all or none. */
  boolean take(long bytes) {
    long now = left.get();
    while (now >= bytes) {
      if (left.compareAndSet(now, now - bytes)) {
        return true;
      }
      now = left.get();
    }
    return false;
  }

  void giveBack(long bytes) {
    left.addAndGet(bytes);
  }
}
