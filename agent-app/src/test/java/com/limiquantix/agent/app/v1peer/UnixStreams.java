package com.limiquantix.agent.app.v1peer;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * A connected unix socket as two streams of which one may block while the other is used; those of
 * {@code java.nio.channels.Channels} share a lock in JDK 17.
 */
public final class UnixStreams implements Closeable {
  private final SocketChannel channel;

  UnixStreams(SocketChannel channel) {
    this.channel = channel;
  }

  /** Connects to a listening socket. */
  public static UnixStreams connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return new UnixStreams(channel);
  }

  /** What the peer sends. */
  public InputStream input() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return channel.read(ByteBuffer.wrap(target, offset, length));
      }
    };
  }

  /** What the peer gets; a write blocks until the kernel has taken all of it. */
  public OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] source, int offset, int length) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(source, offset, length);
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
      }
    };
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
