package com.limiquantix.agent.app.vm;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between a host and QEMU's socket, with a connection of its own there for each of the
 * host's, and can die in the middle of anything.
 */
final class CutRelay implements AutoCloseable {
  private static final int CHUNK_BYTES = 16_384;
  private static final long NEVER = Long.MAX_VALUE / 2;

  private final ServerSocketChannel front;
  private final Path back;
  private final AtomicLong leftToGuest = new AtomicLong(NEVER);
  private final AtomicLong leftToHost = new AtomicLong(NEVER);
  private volatile CountDownLatch cut = new CountDownLatch(1);

  CutRelay(Path front, Path back) throws IOException {
    this.front = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    this.back = back;
    this.front.bind(UnixDomainSocketAddress.of(front));
    start("relay-accepts", this::accept);
  }

  private interface Task {
    void run() throws IOException;
  }

  private static void start(String name, Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                // One of the ends is gone, which is what this is for.
                return;
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Once this many more bytes have gone to the guest, both connections are closed. */
  void cutAfterToGuest(long bytes) {
    cut = new CountDownLatch(1);
    leftToGuest.set(bytes);
  }

  /** Once this many more bytes have gone to the host, both connections are closed. */
  void cutAfterToHost(long bytes) {
    cut = new CountDownLatch(1);
    leftToHost.set(bytes);
  }

  /** Zero once the cut that was asked for last has been made. */
  CountDownLatch cut() {
    return cut;
  }

  private void accept() throws IOException {
    while (true) {
      SocketChannel host = front.accept();
      SocketChannel guest = SocketChannel.open(UnixDomainSocketAddress.of(back));
      start("relay-to-guest", () -> pump(host, guest, leftToGuest));
      start("relay-to-host", () -> pump(guest, host, leftToHost));
    }
  }

  private void pump(SocketChannel from, SocketChannel to, AtomicLong left) throws IOException {
    try (from;
        to) {
      ByteBuffer bytes = ByteBuffer.allocate(CHUNK_BYTES);
      while (from.read(bytes) >= 0) {
        bytes.flip();
        boolean last = left.get() <= bytes.limit();
        if (last) {
          bytes.limit((int) left.get());
        }
        left.addAndGet(-bytes.limit());
        while (bytes.hasRemaining()) {
          to.write(bytes);
        }
        bytes.clear();
        if (last) {
          left.set(NEVER);
          break;
        }
      }
    } finally {
      cut.countDown();
    }
  }

  @Override
  public void close() throws IOException {
    front.close();
  }
}
