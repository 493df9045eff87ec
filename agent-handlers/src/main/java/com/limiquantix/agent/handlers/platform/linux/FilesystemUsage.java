package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.internal.jna.StatVfs;

/**
 * How full a filesystem is, in bytes.
 *
 * @param total its size
 * @param used what holds something, at most {@code total}
 * @param available what ordinary users can still write, at most what is not used
 */
record FilesystemUsage(long total, long used, long available) {
  /**
   * What follows from {@code blocks}. A size beyond 2^63 - 1 counts as that. What is available is 0
   * when more than that is reserved, which some file servers tell as a negative number.
   */
  static FilesystemUsage of(StatVfs.Blocks blocks) {
    long total = saturated(blocks.total());
    long free = Math.min(saturated(blocks.free()), total);
    boolean negative = blocks.available() < 0 && blocks.free() >= 0;
    long available = negative ? 0 : Math.min(saturated(blocks.available()), free);
    long size = saturated(blocks.blockBytes());
    return new FilesystemUsage(
        product(total, size), product(total - free, size), product(available, size));
  }

  /** {@code used} of {@code used} and {@code available} together, 0 to 100; 0 if both are 0. */
  double usedPercent() {
    return used == 0 ? 0 : 100.0 * used / ((double) used + available);
  }

  private static long saturated(long unsigned) {
    return unsigned < 0 ? Long.MAX_VALUE : unsigned;
  }

  private static long product(long blocks, long size) {
    return Math.multiplyHigh(blocks, size) != 0 || blocks * size < 0
        ? Long.MAX_VALUE
        : blocks * size;
  }
}
