package com.limiquantix.agent.app.config;

/** Shows pieces of an untrusted file in messages and writes them as YAML. */
final class Texts {

  /** How much of a key or value a message repeats, in characters. */
  static final int MAX_QUOTED = 64;

  /** Linux' PATH_MAX (limits.h), which a message must be able to show. */
  static final int MAX_PATH = 4096;

  private Texts() {}

  /** Returns the text cut to a length, with everything that is no visible character escaped. */
  static String printable(String text, int maxLength) {
    StringBuilder out = new StringBuilder();
    int end = Math.min(text.length(), maxLength);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    appendEscaped(out, text, end);
    if (end < text.length()) {
      out.append("...");
    }
    return out.toString();
  }

  /** Returns the text in double quotes, cut and escaped. */
  static String quoted(String text) {
    return '"' + printable(text, MAX_QUOTED) + '"';
  }

  /**
   * Returns the text as a YAML scalar that reads back as exactly this text: ordinary paths plain,
   * all else in double quotes.
   */
  static String yaml(String text) {
    if (ordinaryPath(text)) {
      return text;
    }
    StringBuilder out = new StringBuilder().append('"');
    appendEscaped(out, text, text.length());
    return out.append('"').toString();
  }

  private static boolean ordinaryPath(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!word && c != '/' && c != '.' && c != '-' && c != '_') {
        return false;
      }
    }
    return text.startsWith("/");
  }

  private static void appendEscaped(StringBuilder out, String text, int end) {
    for (int i = 0; i < end; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '"' || c == '\\') {
        out.append('\\').append((char) c);
      } else if (!invisible(c)) {
        out.appendCodePoint(c);
      } else if (c <= 0xffff) {
        out.append("\\u").append(hex(c, 4));
      } else {
        out.append("\\U").append(hex(c, 8));
      }
    }
  }

  /** Control and format characters, line ends, and halves of a surrogate pair. */
  private static boolean invisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }

  private static String hex(int value, int digits) {
    String hex = Integer.toHexString(value);
    return "0".repeat(digits - hex.length()) + hex;
  }
}
