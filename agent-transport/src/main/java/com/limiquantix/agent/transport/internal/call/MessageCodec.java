package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.transport.internal.session.InboundMessage;
import io.grpc.Compressor;
import io.grpc.Decompressor;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Between a marshaller's stream and the bytes of a message. */
final class MessageCodec {
  private MessageCodec() {}

  /**
   * Reads all of a marshaller's stream and closes it.
   *
   * @throws io.grpc.StatusRuntimeException RESOURCE_EXHAUSTED if there are more than {@code
   *     maxBytes}
   */
  static byte[] serialize(InputStream content, int maxBytes) {
    try (content) {
      int expected = content instanceof KnownLength ? content.available() : 0;
      checkSize(expected, maxBytes);
      Collector collector = new Collector(expected, maxBytes);
      if (content instanceof Drainable drainable) {
        drainable.drainTo(collector);
      } else {
        content.transferTo(collector);
      }
      return collector.bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] compress(byte[] plain, Compressor compressor) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream(plain.length / 2 + 64);
    try (OutputStream out = compressor.compress(compressed)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return compressed.toByteArray();
  }

  /**
   * The plain content of a message that has arrived.
   *
   * @throws io.grpc.StatusRuntimeException INTERNAL if it is compressed in a way that was not
   *     announced or is damaged, RESOURCE_EXHAUSTED if more than {@code maxBytes} come out
   */
  static InputStream open(
      InboundMessage message, @Nullable Decompressor decompressor, int maxBytes) {
    if (!message.compressed()) {
      return message.content();
    }
    if (decompressor == null) {
      throw Status.INTERNAL
          .withDescription("a compressed message came without grpc-encoding in the headers")
          .asRuntimeException();
    }
    try (InputStream unfolding = decompressor.decompress(message.content())) {
      // One byte more than allowed tells a message that is too large from one that just fits.
      byte[] plain = unfolding.readNBytes((int) Math.min(Integer.MAX_VALUE - 8, maxBytes + 1L));
      if (plain.length > maxBytes) {
        throw Status.RESOURCE_EXHAUSTED
            .withDescription("Decompressed gRPC message exceeds maximum size " + maxBytes)
            .asRuntimeException();
      }
      return new ByteArrayInputStream(plain);
    } catch (IOException e) {
      throw Status.INTERNAL
          .withDescription("a message could not be decompressed")
          .withCause(e)
          .asRuntimeException();
    }
  }

  /** Length of what {@link #open} returned for {@code message}, before anything was read. */
  static long plainBytes(InboundMessage message, InputStream content) {
    return content instanceof ByteArrayInputStream unfolded
        ? unfolded.available()
        : message.totalBytes();
  }

  private static void checkSize(long bytes, int maxBytes) {
    if (bytes > maxBytes) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription("message too large " + bytes + " > " + maxBytes)
          .asRuntimeException();
    }
  }

  /** Fills one array of the announced size without copying it once more. */
  private static final class Collector extends OutputStream {
    private final int maxBytes;
    private byte[] bytes;
    private int count;

    Collector(int expected, int maxBytes) {
      this.maxBytes = maxBytes;
      this.bytes = new byte[expected];
    }

    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int from, int length) {
      checkSize((long) count + length, maxBytes);
      if (length > bytes.length - count) {
        int grown = (int) Math.min(maxBytes, Math.max(2L * bytes.length, (long) count + length));
        bytes = Arrays.copyOf(bytes, grown);
      }
      System.arraycopy(source, from, bytes, count, length);
      count += length;
    }

    byte[] bytes() {
      return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
    }
  }
}
