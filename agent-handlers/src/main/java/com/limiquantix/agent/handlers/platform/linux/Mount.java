package com.limiquantix.agent.handlers.platform.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A mounted filesystem that holds data.
 *
 * @param id the kernel's number of this mount, which a later one may get again
 * @param rawPath where it is mounted, a character for each byte
 * @param mountPoint the same as text; what is not UTF-8 in it is replaced
 * @param filesystem its type, such as {@code ext4}
 * @param device what is mounted, such as {@code /dev/vda1}
 * @param mayHang whether asking it may take for ever, because it or what leads to it is served by
 *     others
 */
record Mount(
    int id, String rawPath, String mountPoint, String filesystem, String device, boolean mayHang) {
  /** The path for the C library. */
  byte[] path() {
    byte[] bytes = rawPath.getBytes(StandardCharsets.ISO_8859_1);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }
}
