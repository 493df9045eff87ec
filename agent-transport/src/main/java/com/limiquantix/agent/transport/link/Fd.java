package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.internal.jna.Posix;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Owner of one descriptor. The kernel gives the number of a closed descriptor to whatever is opened
 * next, so a system call that races with close could hit a stranger's file. Therefore every use
 * stands between {@link #acquire} and {@link #release}, and the last one to leave closes.
 *
 * <p>The value counts the uses; the sign bit says that close was asked for.
 */
final class Fd extends AtomicInteger {
  private static final long serialVersionUID = 1;
  private static final int CLOSED = 0x8000_0000;

  private final transient Posix posix;
  private final int number;

  Fd(Posix posix, int number) {
    this.posix = posix;
    this.number = number;
  }

  /** The number; good for system calls between acquire and release only. */
  int number() {
    return number;
  }

  /** Begins a use; false when closed, and then there must be no use and no release. */
  boolean acquire() {
    while (true) {
      int state = get();
      if (state < 0) {
        return false;
      }
      if (compareAndSet(state, state + 1)) {
        return true;
      }
    }
  }

  void release() {
    if (decrementAndGet() == CLOSED) {
      posix.close(number);
    }
  }

  /** No use begins any more; the descriptor is closed as soon as none is left. */
  void close() {
    while (true) {
      int state = get();
      if (state < 0) {
        return;
      }
      if (compareAndSet(state, state | CLOSED)) {
        if (state == 0) {
          posix.close(number);
        }
        return;
      }
    }
  }
}
