package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.protocol.MemoryBudget;
import java.util.concurrent.atomic.AtomicLong;

/** A budget that counts what is taken of it. */
final class SharedMemory implements MemoryBudget {
  final AtomicLong used = new AtomicLong();
  private final long limit;

  SharedMemory(long limit) {
    this.limit = limit;
  }

  @Override
  public boolean tryReserve(long bytes) {
    if (used.addAndGet(bytes) <= limit) {
      return true;
    }
    used.addAndGet(-bytes);
    return false;
  }

  @Override
  public void release(long bytes) {
    used.addAndGet(-bytes);
  }
}
