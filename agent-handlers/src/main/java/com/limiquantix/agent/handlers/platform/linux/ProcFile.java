package com.limiquantix.agent.handlers.platform.linux;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file of the kernel's that is kept open and read again and again into the same bytes. One thread
 * at a time.
 */
final class ProcFile implements Closeable {
  /** As much as the JDK reads without allocating. */
  private static final int READ_BYTES = 8192;

  private final Path path;
  private final RandomAccessFile file;
  private final int most;
  private byte[] bytes;
  private int length;

  /**
   * Opens {@code path}.
   *
   * @param first bytes that are expected to do
   * @param most bytes that are read at most; what follows is not looked at
   */
  ProcFile(Path path, int first, int most) throws IOException {
    this.path = path;
    this.most = most;
    file = new RandomAccessFile(path.toFile(), "r");
    bytes = new byte[first];
  }

  /** Reads the file from its start to its end or as far as is allowed. */
  void read() throws IOException {
    file.seek(0);
    length = 0;
    while (true) {
      int count = file.read(bytes, length, Math.min(READ_BYTES, bytes.length - length));
      if (count <= 0) {
        return;
      }
      length += count;
      if (length == bytes.length) {
        if (length == most) {
          return;
        }
        bytes = Arrays.copyOf(bytes, Math.min(most, 2 * length));
      }
    }
  }

  /** What the last {@link #read} has read, until the next one. */
  AsciiScanner scanner() {
    return new AsciiScanner(path.toString(), bytes, length);
  }

  /** The bytes behind {@link #scanner}; the first {@link #length} count. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
