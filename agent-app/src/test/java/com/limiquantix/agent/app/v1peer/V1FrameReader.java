package com.limiquantix.agent.app.v1peer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Finds the frames of version 1 in a stream. Whatever else is there it skips, byte by byte, up to
 * the next four bytes of magic; a length that no frame can have makes them no magic.
 */
public final class V1FrameReader {
  /** How every Hello of version 2 begins: "QTX", 2, and its type. */
  private static final long V2_HELLO = 0x5154580201L;

  private static final long FIVE_BYTES = 0xFFFFFFFFFFL;

  private final InputStream in;
  private final AtomicLong skipped = new AtomicLong();
  private final AtomicInteger hellos = new AtomicInteger();
  private long lastSkipped;

  /** Reads from {@code in}; for one thread. */
  public V1FrameReader(InputStream in) {
    this.in = in;
  }

  /**
   * The message of the next frame.
   *
   * @return null at the end of the stream, also if that is within a frame
   */
  public byte @Nullable [] next() throws IOException {
    try {
      while (true) {
        awaitMagic();
        long length = Integer.toUnsignedLong(readInt());
        if (length >= 1 && length <= V1Frames.MAX_LENGTH) {
          byte[] message = in.readNBytes((int) length);
          return message.length == length ? message : null;
        }
        skipped.addAndGet(V1Frames.HEADER_BYTES);
      }
    } catch (EOFException e) {
      return null;
    }
  }

  private void awaitMagic() throws IOException {
    int window = readInt();
    while (window != V1Frames.MAGIC) {
      int first = window >>> 24;
      window = (window << 8) | readByte();
      lastSkipped = ((lastSkipped << 8) | first) & FIVE_BYTES;
      skipped.incrementAndGet();
      if (lastSkipped == V2_HELLO) {
        hellos.incrementAndGet();
      }
    }
  }

  private int readInt() throws IOException {
    int value = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      value = (value << 8) | readByte();
    }
    return value;
  }

  private int readByte() throws IOException {
    int value = in.read();
    if (value < 0) {
      throw new EOFException();
    }
    return value;
  }

  /** How many bytes were there that belong to no frame; any thread. */
  public long skipped() {
    return skipped.get();
  }

  /** How many Hellos of version 2 were among them; any thread. */
  public int hellos() {
    return hellos.get();
  }
}
