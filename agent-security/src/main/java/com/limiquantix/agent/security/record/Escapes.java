package com.limiquantix.agent.security.record;

/** Makes text harmless for a line of a log or an audit file. Thread-safe. */
public final class Escapes {

  private Escapes() {}

  /**
   * Appends text so that it holds neither quotes, line ends nor any other control, format or
   * unpaired surrogate character; those become the escapes of JSON (RFC 8259, section 7).
   *
   * @param limit characters of the text after which the rest is only counted
   */
  public static void json(StringBuilder out, String text, int limit) {
    append(out, text, limit, true);
  }

  /** As {@link #json}, but quotes and backslashes stay as they are. */
  public static void line(StringBuilder out, String text, int limit) {
    append(out, text, limit, false);
  }

  private static void append(StringBuilder out, String text, int limit, boolean quotes) {
    int end = Math.min(text.length(), limit);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    int begin = 0;
    int i = 0;
    while (i < end) {
      char c = text.charAt(i);
      if (c < 0x7f && c >= 0x20 && !(quotes && (c == '"' || c == '\\'))) {
        i++;
      } else {
        out.append(text, begin, i);
        i += special(out, text.codePointAt(i));
        begin = i;
      }
    }
    out.append(text, begin, end);
    if (end < text.length()) {
      out.append("... (").append(text.length() - end).append(" more characters)");
    }
  }

  /** Appends what may not stand as it is; returns its length in the text. */
  private static int special(StringBuilder out, int c) {
    if (c == '"' || c == '\\') {
      out.append('\\').append((char) c);
    } else if (deceptive(c)) {
      escape(out, c);
    } else {
      out.appendCodePoint(c);
    }
    return Character.charCount(c);
  }

  /** What ends or reorders a line, moves a terminal's cursor, or can't be written as UTF-8. */
  private static boolean deceptive(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  private static void escape(StringBuilder out, int c) {
    switch (c) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (Character.isBmpCodePoint(c)) {
          unit(out, (char) c);
        } else {
          unit(out, Character.highSurrogate(c));
          unit(out, Character.lowSurrogate(c));
        }
      }
    }
  }

  private static void unit(StringBuilder out, char c) {
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.append(Character.forDigit((c >> shift) & 0xf, 16));
    }
  }
}
