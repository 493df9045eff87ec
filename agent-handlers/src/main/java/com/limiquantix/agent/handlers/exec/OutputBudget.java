package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.protocol.MemoryBudget;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of output that all commands together may still hold: a share of what all buffers of the
 * agent have, so that messages find room beside it.
 */
final class OutputBudget {
  private final AtomicLong left;
  private final MemoryBudget all;

  /**
   * @param bytes the share
   * @param all what it is a share of
   */
  OutputBudget(long bytes, MemoryBudget all) {
    left = new AtomicLong(bytes);
    this.all = all;
  }

  /** Takes {@code bytes}, all or none. */
  boolean take(long bytes) {
    long now = left.get();
    while (now >= bytes) {
      if (left.compareAndSet(now, now - bytes)) {
        if (all.tryReserve(bytes)) {
          return true;
        }
        left.addAndGet(bytes);
        return false;
      }
      now = left.get();
    }
    return false;
  }

  void giveBack(long bytes) {
    all.release(bytes);
    left.addAndGet(bytes);
  }
}
