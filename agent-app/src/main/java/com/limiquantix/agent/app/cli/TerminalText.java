package com.limiquantix.agent.app.cli;

/**
 * Makes text of a guest harmless for a terminal and for whoever reads it: it can neither send
 * control sequences, nor begin a line of its own, nor turn the order of what follows.
 */
final class TerminalText {
  private TerminalText() {}

  /** Replaces what {@link #isUnsafe} names by a visible escape such as {@code \x1b}. */
  static String escape(String text) {
    int i = 0;
    while (i < text.length() && !isUnsafe(text.charAt(i), text, i)) {
      i++;
    }
    if (i == text.length()) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, i);
    for (; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isUnsafe(c, text, i)) {
        appendEscape(out, c);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /**
   * Whether the character at {@code index} must not be written as it is: control characters (C0,
   * DEL, C1), line and paragraph separators, Unicode's embeddings, overrides, isolates and marks of
   * direction (UAX #9), the byte order mark, and halves of surrogate pairs.
   */
  static boolean isUnsafe(char c, String text, int index) {
    if (c < 0x7f) {
      return c < 0x20;
    }
    if (c <= 0x9f) {
      return true;
    }
    if (Character.isHighSurrogate(c)) {
      return index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return index == 0 || !Character.isHighSurrogate(text.charAt(index - 1));
    }
    return c == 0x061c
        || c == 0x200e
        || c == 0x200f
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069)
        || c == 0xfeff;
  }

  private static void appendEscape(StringBuilder out, char c) {
    switch (c) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        boolean narrow = c <= 0xff;
        out.append(narrow ? "\\x" : "\\u");
        for (int shift = narrow ? 4 : 12; shift >= 0; shift -= 4) {
          out.append(Character.forDigit((c >> shift) & 0xf, 16));
        }
      }
    }
  }
}
