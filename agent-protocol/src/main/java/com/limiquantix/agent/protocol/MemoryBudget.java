package com.limiquantix.agent.protocol;

/**
 * Memory that all buffers of an agent share, so that none of them can endanger the process. Who
 * wants to keep something of a size that a peer decides reserves it first.
 *
 * <p>Implementations are thread-safe and never block.
 */
public interface MemoryBudget {
  /**
   * Takes {@code bytes} (0 or more) if that much is left.
   *
   * @return whether it was; if not, nothing was taken
   */
  boolean tryReserve(long bytes);

  /** Gives back what {@link #tryReserve} gave. */
  void release(long bytes);
}
