package com.limiquantix.agent.handlers.exec;

import com.google.protobuf.ByteString;

/**
 * Output as a protobuf string can carry it.
 *
 * @param utf8 valid UTF-8
 * @param cut whether something is missing at the end
 */
record OutputText(ByteString utf8, boolean cut) {
  /**
   * Replaces what is not UTF-8 by U+FFFD and keeps at most {@code limit} bytes of the result,
   * splitting no character.
   */
  static OutputText of(ByteString raw, boolean cut, int limit) {
    ByteString whole = cut ? withoutSplitCharacter(raw) : raw;
    if (whole.isValidUtf8()) {
      return new OutputText(whole, cut);
    }
    ByteString replaced = ByteString.copyFromUtf8(whole.toStringUtf8());
    if (replaced.size() <= limit) {
      return new OutputText(replaced, cut);
    }
    return new OutputText(withoutSplitCharacter(replaced.substring(0, limit)), true);
  }

  /** Drops a character at the end whose bytes have begun but are not all there. */
  private static ByteString withoutSplitCharacter(ByteString text) {
    int size = text.size();
    for (int back = 1; back <= Math.min(3, size); back++) {
      int unsigned = text.byteAt(size - back) & 0xff;
      if (unsigned < 0x80) {
        return text;
      }
      if (unsigned >= 0xc0) {
        int length = unsigned >= 0xf0 ? 4 : unsigned >= 0xe0 ? 3 : 2;
        return length > back ? text.substring(0, size - back) : text;
      }
    }
    return text;
  }
}
