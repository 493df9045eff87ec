package com.limiquantix.agent.handlers.platform.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Walks over the bytes of a file of the kernel's without making objects of what it passes. */
final class AsciiScanner {
  private static final long[] POWERS_OF_TEN = {1, 10, 100, 1_000, 10_000, 100_000, 1_000_000};

  private final String file;
  private final byte[] bytes;
  private final int end;
  private int at;

  /**
   * @param file its name, for messages
   * @param length how many of the bytes count
   */
  AsciiScanner(String file, byte[] bytes, int length) {
    this.file = file;
    this.bytes = bytes;
    this.end = length;
  }

  boolean atEnd() {
    return at == end;
  }

  /** Passes {@code expected} if it comes next. */
  boolean take(byte[] expected) {
    if (end - at < expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if (bytes[at + i] != expected[i]) {
        return false;
      }
    }
    at += expected.length;
    return true;
  }

  /** Passes spaces and tabs. */
  void skipBlanks() {
    while (at < end && (bytes[at] == ' ' || bytes[at] == '\t')) {
      at++;
    }
  }

  /** Goes to the line after this one, or to the end. */
  void nextLine() {
    while (at < end && bytes[at++] != '\n') {}
  }

  /** Passes blanks; whether a number comes then. */
  boolean atNumber() {
    skipBlanks();
    return at < end && isDigit(bytes[at]);
  }

  /**
   * Passes blanks and a whole number without sign; one that is larger than a long counts as the
   * largest long.
   *
   * @throws IOException if there is no number
   */
  long number() throws IOException {
    if (!atNumber()) {
      throw malformed("a number");
    }
    long value = 0;
    while (at < end && isDigit(bytes[at])) {
      int digit = bytes[at++] - '0';
      value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : value * 10 + digit;
    }
    return value;
  }

  /**
   * Passes blanks and a number with or without decimals, of which the first six count.
   *
   * @throws IOException if there is no number
   */
  double decimal() throws IOException {
    long whole = number();
    if (at == end || bytes[at] != '.') {
      return whole;
    }
    at++;
    long fraction = 0;
    int digits = 0;
    for (; at < end && isDigit(bytes[at]); at++) {
      if (digits < POWERS_OF_TEN.length - 1) {
        fraction = fraction * 10 + (bytes[at] - '0');
        digits++;
      }
    }
    return whole + (double) fraction / POWERS_OF_TEN[digits];
  }

  /** Passes what comes before {@code separator} in this line, and it; empty if it is not there. */
  String textBefore(char separator) {
    for (int i = at; i < end; i++) {
      if (bytes[i] == separator) {
        String text = new String(bytes, at, i - at, StandardCharsets.UTF_8);
        at = i + 1;
        return text;
      }
      if (bytes[i] == '\n') {
        break;
      }
    }
    return "";
  }

  /** What to throw when something else than {@code expected} comes next. */
  IOException malformed(String expected) {
    return new IOException(file + " lacks " + expected + " at byte " + at);
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** The bytes of a text of ASCII characters, to be taken. */
  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
