package com.limiquantix.agent.transport.internal.frame;

import com.limiquantix.agent.protocol.Limits;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The bytes that a frame begins with: where they are, and what only looks like them. */
final class FrameStart {
  /** Where the version stands, behind the bytes that all versions begin with. */
  static final int VERSION_OFFSET = 3;

  private FrameStart() {}

  /**
   * What is wrong with the first bytes, also when they are too few for a header; null if nothing.
   */
  static @Nullable String wrong(ByteBuffer window, int at) {
    int count = Math.min(Integer.BYTES, window.limit() - at);
    for (int i = 0; i < count; i++) {
      if (window.get(at + i) != magicByte(i)) {
        return "bytes that are not the start of a frame";
      }
    }
    return null;
  }

  private static byte magicByte(int index) {
    return (byte) (FrameHeader.MAGIC >>> (24 - 8 * index));
  }

  /**
   * The next place where the magic begins, if only with its first bytes at the end of the window;
   * the window's limit if there is none.
   */
  static int nextMagic(ByteBuffer window, int from) {
    int limit = window.limit();
    for (int at = from; at < limit; at++) {
      if (window.get(at) == magicByte(0) && wrong(window, at) == null) {
        return at;
      }
    }
    return limit;
  }

  /**
   * As {@link #nextMagic}, for the versions that are believed now.
   *
   * @param v2 whether version 2 is
   * @param v1 whether version 1 is
   */
  static int next(ByteBuffer window, int from, boolean v2, boolean v1) {
    int limit = window.limit();
    for (int at = from; at < limit; at++) {
      if (window.get(at) == magicByte(0) && mayStart(window, at, v2, v1)) {
        return at;
      }
    }
    return limit;
  }

  private static boolean mayStart(ByteBuffer window, int at, boolean v2, boolean v1) {
    int count = Math.min(VERSION_OFFSET, window.limit() - at);
    for (int i = 1; i < count; i++) {
      if (window.get(at + i) != magicByte(i)) {
        return false;
      }
    }
    if (at + VERSION_OFFSET >= window.limit()) {
      return true;
    }
    byte version = window.get(at + VERSION_OFFSET);
    return (v2 && version == FrameHeader.VERSION) || (v1 && version == Limits.V1_VERSION);
  }
}
