package com.limiquantix.agent.handlers.platform.linux;

/** Writes addresses as people read them. */
final class AddressText {
  private static final char[] HEX = "0123456789abcdef".toCharArray();
  private static final int MAC_BYTES = 6;
  private static final int IPV4_BYTES = 4;
  private static final int GROUPS = 8;

  private AddressText() {}

  /** Pairs of hexadecimal digits with colons; empty unless it is six bytes that are not all 0. */
  static String mac(byte[] address) {
    if (address.length != MAC_BYTES) {
      return "";
    }
    StringBuilder text = new StringBuilder(3 * MAC_BYTES);
    int any = 0;
    for (byte b : address) {
      any |= b;
      text.append(HEX[(b >> 4) & 0xf]).append(HEX[b & 0xf]).append(':');
    }
    text.setLength(text.length() - 1);
    return any == 0 ? "" : text.toString();
  }

  /**
   * An IP address.
   *
   * @param address 4 bytes, or 16 of an IPv6 address
   */
  static String ip(byte[] address) {
    StringBuilder text = new StringBuilder();
    if (address.length == IPV4_BYTES) {
      dotted(address, 0, text);
    } else if (isMapped(address)) {
      dotted(address, address.length - IPV4_BYTES, text.append("::ffff:"));
    } else {
      groups(address, text);
    }
    return text.toString();
  }

  private static void dotted(byte[] address, int from, StringBuilder text) {
    for (int i = from; i < from + IPV4_BYTES; i++) {
      if (i > from) {
        text.append('.');
      }
      text.append(address[i] & 0xff);
    }
  }

  /** Whether it is an IPv4 address in IPv6's clothes, ::ffff:0:0/96. */
  private static boolean isMapped(byte[] address) {
    for (int i = 0; i < GROUPS - 3; i++) {
      if (group(address, i) != 0) {
        return false;
      }
    }
    return group(address, GROUPS - 3) == 0xffff;
  }

  /** As RFC 5952 asks: the first of the longest runs of two or more zero groups becomes "::". */
  private static void groups(byte[] address, StringBuilder text) {
    int longest = 1;
    int gap = -1;
    for (int start = 0; start < GROUPS; start++) {
      int end = start;
      while (end < GROUPS && group(address, end) == 0) {
        end++;
      }
      if (end - start > longest) {
        longest = end - start;
        gap = start;
      }
    }
    for (int i = 0; i < GROUPS; i++) {
      if (i == gap) {
        text.append("::");
        i += longest - 1;
        continue;
      }
      if (i > 0 && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(group(address, i)));
    }
  }

  private static int group(byte[] address, int index) {
    return (address[2 * index] & 0xff) << 8 | (address[2 * index + 1] & 0xff);
  }
}
