package com.limiquantix.agent.security.audit;

import com.limiquantix.agent.security.record.NumberedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where an earlier run has left its chain.
 *
 * @param head its last whole line
 * @param tornBytes bytes behind it of a record that was cut off, when the system went down, the
 *     agent was killed or the disk was full
 * @param fault what is wrong with the last line; null if nothing is
 */
record ChainTail(ChainHead head, int tornBytes, @Nullable String fault) {

  /**
   * Looks at the end of the files.
   *
   * @throws IOException if they cannot be read
   */
  static ChainTail of(NumberedFiles files) throws IOException {
    ChainTail last = of(files.file());
    if (!last.head.equals(ChainHead.NONE) || last.fault != null) {
      return last;
    }
    // It was rotated just before, or somebody took it away.
    ChainTail rotated = of(files.numbered(1));
    return new ChainTail(rotated.head, last.tornBytes, rotated.fault);
  }

  private static ChainTail of(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return new ChainTail(ChainHead.NONE, 0, null);
    }
    byte[] end = end(file);
    int stop = lineEnd(end, end.length);
    int torn = end.length - stop;
    if (stop == 0) {
      return end.length < 2 * ChainLine.MAX_BYTES
          ? new ChainTail(ChainHead.NONE, torn, null)
          : new ChainTail(ChainHead.NONE, torn, "its last line is longer than any record");
    }
    byte[] line = Arrays.copyOfRange(end, lineEnd(end, stop - 1), stop - 1);
    String hash = ChainLine.hash(line, line.length);
    ChainLine parsed = ChainLine.parse(line);
    return parsed == null
        ? new ChainTail(new ChainHead(0, hash), torn, "its last line is no record")
        : new ChainTail(new ChainHead(parsed.sequence(), hash), torn, null);
  }

  /** The bytes before {@code end} up to and with the last line end among them. */
  private static int lineEnd(byte[] bytes, int end) {
    int i = end;
    while (i > 0 && bytes[i - 1] != '\n') {
      i--;
    }
    return i;
  }

  private static byte[] end(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      long from = Math.max(0, size - 2L * ChainLine.MAX_BYTES);
      ByteBuffer bytes = ByteBuffer.allocate((int) (size - from));
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, from + bytes.position()) < 0) {
          throw new IOException(file + " became shorter while it was read");
        }
      }
      return bytes.array();
    }
  }
}
