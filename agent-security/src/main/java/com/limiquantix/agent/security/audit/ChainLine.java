package com.limiquantix.agent.security.audit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What binds a line to the one before it. Every line begins alike, so that it can be checked
 * without a parser of JSON: its number and the hash of the line before.
 *
 * @param sequence number of the record
 * @param previous hash of the line before
 */
record ChainLine(long sequence, String previous) {
  /** Longer than any record: its texts are bounded. */
  static final int MAX_BYTES = 64 * 1024;

  private static final String SEQUENCE = "{\"event.sequence\":";
  private static final String PREVIOUS = ",\"limiquantix.audit.previous\":\"";
  private static final String END = "\",";
  private static final int HASH_DIGITS = 64;

  /** Beyond that no number of this program comes. */
  private static final int MAX_SEQUENCE_DIGITS = 18;

  /** Longest beginning of a line. */
  static final int MAX_START_BYTES =
      SEQUENCE.length() + MAX_SEQUENCE_DIGITS + PREVIOUS.length() + HASH_DIGITS + END.length();

  /** How the line begins that follows on {@code head}. */
  static byte[] startAfter(ChainHead head) {
    return (SEQUENCE + (head.sequence() + 1) + PREVIOUS + head.hash() + END)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads how a line begins.
   *
   * @param line without its line end
   * @return null if it is no record
   */
  static @Nullable ChainLine parse(byte[] line) {
    if (line.length == 0 || line[line.length - 1] != '}') {
      return null;
    }
    String text =
        new String(line, 0, Math.min(line.length, MAX_START_BYTES), StandardCharsets.ISO_8859_1);
    int comma = text.indexOf(',');
    if (!text.startsWith(SEQUENCE) || comma < 0 || !text.startsWith(PREVIOUS, comma)) {
      return null;
    }
    String number = text.substring(SEQUENCE.length(), comma);
    int hash = comma + PREVIOUS.length();
    if (!text.startsWith(END, hash + HASH_DIGITS) || !isNumber(number)) {
      return null;
    }
    String previous = text.substring(hash, hash + HASH_DIGITS);
    return isHash(previous) ? new ChainLine(Long.parseLong(number), previous) : null;
  }

  private static boolean isNumber(String text) {
    if (text.isEmpty() || text.length() > MAX_SEQUENCE_DIGITS || text.charAt(0) == '0') {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** Whether a text is a hash as records have it. */
  static boolean isHash(String text) {
    if (text.length() != HASH_DIGITS) {
      return false;
    }
    for (int i = 0; i < HASH_DIGITS; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  /**
   * The hash of a line.
   *
   * @param length of the line, without its line end
   */
  static String hash(byte[] line, int length) {
    return hash(sha256(), line, 0, length);
  }

  /** As {@link #hash(byte[], int)}, with what {@link #sha256} has made, which may be used again. */
  static String hash(MessageDigest sha256, byte[] bytes, int start, int length) {
    sha256.update(bytes, start, length);
    return HexFormat.of().formatHex(sha256.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
