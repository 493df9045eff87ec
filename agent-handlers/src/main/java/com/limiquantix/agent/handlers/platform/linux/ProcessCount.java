package com.limiquantix.agent.handlers.platform.linux;

import java.nio.ByteBuffer;

/** Counts processes among the entries of /proc, as getdents(2) gives them. */
final class ProcessCount {
  // struct linux_dirent64: inode and offset of 8 bytes each, length of 2, type of 1, name.
  private static final int LENGTH_OFFSET = 16;
  private static final int NAME_OFFSET = 19;

  private ProcessCount() {}

  /**
   * How many of the entries have a number for a name.
   *
   * @param entries in the order of bytes that they were written in
   * @param length how many of the bytes count
   */
  static int in(ByteBuffer entries, int length) {
    int count = 0;
    int at = 0;
    while (at + NAME_OFFSET < length) {
      if (isNumber(entries, at + NAME_OFFSET, length)) {
        count++;
      }
      // Never shorter than its own head, so that this ends whatever the bytes are.
      at += Math.max(NAME_OFFSET, entries.getShort(at + LENGTH_OFFSET) & 0xffff);
    }
    return count;
  }

  private static boolean isNumber(ByteBuffer entries, int from, int length) {
    int at = from;
    while (at < length && entries.get(at) >= '0' && entries.get(at) <= '9') {
      at++;
    }
    return at > from && at < length && entries.get(at) == 0;
  }
}
