package com.limiquantix.agent.handlers.platform.linux;

import java.io.IOException;

/**
 * What /proc/meminfo tells, proc_meminfo(5), in bytes.
 *
 * @param total memory that the guest can use
 * @param available memory that could be had without swapping, at most {@code total}
 * @param swapTotal swap space, 0 if there is none
 * @param swapFree what of it is not in use, at most {@code swapTotal}
 */
record MemInfo(long total, long available, long swapTotal, long swapFree) {
  private static final long KIB = 1024;

  private static final byte[] MEM_TOTAL = AsciiScanner.ascii("MemTotal:");
  private static final byte[] MEM_FREE = AsciiScanner.ascii("MemFree:");
  private static final byte[] MEM_AVAILABLE = AsciiScanner.ascii("MemAvailable:");
  private static final byte[] BUFFERS = AsciiScanner.ascii("Buffers:");
  private static final byte[] CACHED = AsciiScanner.ascii("Cached:");
  private static final byte[] SHARED = AsciiScanner.ascii("Shmem:");
  private static final byte[] RECLAIMABLE = AsciiScanner.ascii("SReclaimable:");
  private static final byte[] SWAP_TOTAL = AsciiScanner.ascii("SwapTotal:");
  private static final byte[] SWAP_FREE = AsciiScanner.ascii("SwapFree:");

  /**
   * Reads the file. Where the kernel does not estimate what is available (before 3.14), it is what
   * is free, in buffers, in the page cache less what cannot be dropped from it (shared memory), and
   * in reclaimable slabs.
   */
  static MemInfo parse(AsciiScanner file) throws IOException {
    long total = 0;
    long free = 0;
    long available = -1;
    long cached = 0;
    long shared = 0;
    long swapTotal = 0;
    long swapFree = 0;
    for (; !file.atEnd(); file.nextLine()) {
      if (file.take(MEM_TOTAL)) {
        total = file.number();
      } else if (file.take(MEM_FREE)) {
        free = file.number();
      } else if (file.take(MEM_AVAILABLE)) {
        available = file.number();
      } else if (file.take(BUFFERS) || file.take(CACHED) || file.take(RECLAIMABLE)) {
        cached += file.number();
      } else if (file.take(SHARED)) {
        shared = file.number();
      } else if (file.take(SWAP_TOTAL)) {
        swapTotal = file.number();
      } else if (file.take(SWAP_FREE)) {
        swapFree = file.number();
      }
    }
    if (total == 0) {
      throw file.malformed("MemTotal");
    }
    long usable = available >= 0 ? available : free + Math.max(0, cached - shared);
    return new MemInfo(
        total * KIB,
        Math.min(usable, total) * KIB,
        swapTotal * KIB,
        Math.min(swapFree, swapTotal) * KIB);
  }
}
