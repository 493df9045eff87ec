package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.protocol.MemoryBudget;
import io.grpc.KnownLength;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A message as it arrived, whole. Its bytes count against the budget until {@link #release}. */
public final class InboundMessage {
  /** Smallest memory that is taken for a piece, unless less of its message is missing. */
  private static final int MIN_CHUNK_BYTES = 8_192;

  private final List<byte[]> chunks;
  private final int offset;
  private final int totalBytes;
  private final boolean compressed;
  private final MemoryBudget budget;
  private final long reservedBytes;
  private boolean released;

  private InboundMessage(
      List<byte[]> chunks,
      int offset,
      int totalBytes,
      boolean compressed,
      MemoryBudget budget,
      long reservedBytes) {
    this.chunks = chunks;
    this.offset = offset;
    this.totalBytes = totalBytes;
    this.compressed = compressed;
    this.budget = budget;
    this.reservedBytes = reservedBytes;
  }

  /**
   * A message within something larger.
   *
   * @param reservedBytes what the whole holds of the budget, and the message gives back
   */
  public static InboundMessage part(
      byte[] whole, int from, int count, MemoryBudget budget, long reservedBytes) {
    return new InboundMessage(List.of(whole), from, count, false, budget, reservedBytes);
  }

  /** Bytes of the message as sent. */
  public int totalBytes() {
    return totalBytes;
  }

  /** Whether the bytes are compressed. */
  public boolean compressed() {
    return compressed;
  }

  /** The content; to be read at most once. */
  public InputStream content() {
    return new ChunkStream(chunks, offset, totalBytes);
  }

  /** Gives the memory back to the budget; the content is not used afterwards. */
  public synchronized void release() {
    if (!released) {
      released = true;
      budget.release(reservedBytes);
    }
  }

  /**
   * Collects the pieces of one message. Its cost is reserved beforehand, and its chunks take no
   * more than that, into however small pieces the peer has cut it.
   */
  static final class Builder {
    private final List<byte[]> chunks = new ArrayList<>(1);
    private byte[] last = {};
    private int lastBytes;
    private final int totalBytes;
    private final boolean compressed;
    private final MemoryBudget budget;
    private int missingBytes;

    /** The caller has reserved the cost of {@code totalBytes} of {@code budget}. */
    Builder(int totalBytes, boolean compressed, MemoryBudget budget) {
      this.totalBytes = totalBytes;
      this.compressed = compressed;
      this.budget = budget;
      this.missingBytes = totalBytes;
    }

    int missingBytes() {
      return missingBytes;
    }

    /** Copies a piece of at most {@link #missingBytes} bytes. */
    void add(ByteBuffer piece) {
      while (piece.hasRemaining()) {
        if (lastBytes == last.length) {
          last = new byte[Math.min(missingBytes, Math.max(piece.remaining(), MIN_CHUNK_BYTES))];
          lastBytes = 0;
          chunks.add(last);
        }
        int count = Math.min(piece.remaining(), last.length - lastBytes);
        piece.get(last, lastBytes, count);
        lastBytes += count;
        missingBytes -= count;
      }
    }

    InboundMessage build() {
      return new InboundMessage(
          chunks, 0, totalBytes, compressed, budget, CallStream.cost(totalBytes));
    }

    void abandon() {
      budget.release(CallStream.cost(totalBytes));
    }
  }

  private static final class ChunkStream extends InputStream implements KnownLength {
    private final List<byte[]> chunks;
    private int chunk;
    private int offset;
    private int remaining;

    ChunkStream(List<byte[]> chunks, int offset, int totalBytes) {
      this.chunks = chunks;
      this.offset = offset;
      this.remaining = totalBytes;
    }

    @Override
    public int available() {
      return remaining;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int from, int length) {
      Objects.checkFromIndexSize(from, length, target.length);
      if (length == 0) {
        return 0;
      }
      if (remaining == 0) {
        return -1;
      }
      int done = 0;
      while (done < length && remaining > 0) {
        byte[] source = chunks.get(chunk);
        // A message may end within its chunk, with something else behind it.
        int count = Math.min(Math.min(length - done, remaining), source.length - offset);
        System.arraycopy(source, offset, target, from + done, count);
        done += count;
        offset += count;
        remaining -= count;
        if (offset == source.length) {
          chunk++;
          offset = 0;
        }
      }
      return done;
    }
  }
}
