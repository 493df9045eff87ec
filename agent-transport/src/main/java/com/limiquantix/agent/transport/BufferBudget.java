package com.limiquantix.agent.transport;

import com.limiquantix.agent.protocol.MemoryBudget;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that all messages on their way, in and out, of any number of links may take together.
 * What would exceed it is refused with RESOURCE_EXHAUSTED instead of endangering the process.
 *
 * <p>Thread-safe.
 */
public final class BufferBudget implements MemoryBudget {
  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  /**
   * @param limitBytes at least 1
   */
  public BufferBudget(long limitBytes) {
    if (limitBytes < 1) {
      throw new IllegalArgumentException("a budget of " + limitBytes + " bytes");
    }
    this.limitBytes = limitBytes;
  }

  /**
   * A third of the largest heap this process may get, but no more than 64 MiB: messages exist twice
   * while they are parsed.
   */
  public static BufferBudget ofHeap() {
    return new BufferBudget(Math.min(Runtime.getRuntime().maxMemory() / 3, 64L << 20));
  }

  /** What may be used in all, in bytes. */
  public long limitBytes() {
    return limitBytes;
  }

  /** What is used now, in bytes. */
  public long usedBytes() {
    return usedBytes.get();
  }

  @Override
  public boolean tryReserve(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a reservation of " + bytes + " bytes");
    }
    for (; ; ) {
      long used = usedBytes.get();
      if (bytes > limitBytes - used) {
        return false;
      }
      if (usedBytes.compareAndSet(used, used + bytes)) {
        return true;
      }
    }
  }

  @Override
  public void release(long bytes) {
    if (usedBytes.addAndGet(-bytes) < 0) {
      throw new IllegalStateException("more bytes were released than reserved");
    }
  }
}
