package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.SystemTimers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Not a test: prints the round trip of 64 bytes over a unix socket, echoed by a {@link LinkLoop}
 * and by a {@link Selector}, asked by the same plain blocking client; and what an idle link costs.
 */
public final class RoundTripComparison {
  private static final int BYTES = 64;
  private static final int WARM_UP = 30_000;
  private static final int ROUNDS = 30_000;

  private RoundTripComparison() {}

  /** Takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("round-trip");
    Path path = directory.resolve("s");
    for (int i = 0; i < 3; i++) {
      loopEcho(path);
      selectorEcho(path);
    }
    loopToLoop(path);
    idleLinks(path);
    Files.delete(directory);
  }

  private interface Trip {
    void run() throws Exception;
  }

  private static void measure(String name, Trip trip) throws Exception {
    for (int i = 0; i < WARM_UP; i++) {
      trip.run();
    }
    long[] nanos = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long before = System.nanoTime();
      trip.run();
      nanos[i] = System.nanoTime() - before;
    }
    Arrays.sort(nanos);
    System.out.printf(
        "%-28s p50 %6.1f us  p99 %6.1f us%n",
        name, nanos[ROUNDS / 2] / 1e3, nanos[ROUNDS * 99 / 100] / 1e3);
  }

  private static void askBlocking(String name, Path path) throws Exception {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
      measure(
          name,
          () -> {
            client.write(buffer.clear());
            buffer.clear();
            while (buffer.hasRemaining()) {
              client.read(buffer);
            }
          });
    }
  }

  /** Echoes, or signals each byte's arrival. */
  private static class Echo implements LinkListener {
    private final Link link;

    Echo(Link link) {
      this.link = link;
    }

    @Override
    public void onPeerPresent() {}

    @Override
    public void onBytes(ByteBuffer bytes) {
      try {
        link.write(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void onWritable() {}

    @Override
    public void onPeerAbsent() {}

    @Override
    public void onClosed(@Nullable Throwable cause) {}
  }

  private static UnixListener.Handler echoing() {
    return new UnixListener.Handler() {
      @Override
      public void onLink(Link link) {
        link.open(new Echo(link));
      }

      @Override
      public void onRefused(com.limiquantix.agent.protocol.PeerInfo.Unix peer) {}

      @Override
      public void onAcceptFailed(IOException cause) {
        throw new UncheckedIOException(cause);
      }
    };
  }

  private static void loopEcho(Path path) throws Exception {
    try (SystemTimers timers = new SystemTimers("timers");
        LinkLoop loop = LinkLoop.start("loop", (t, e) -> e.printStackTrace())) {
      UnixListener.listen(loop, timers, path, PeerCheck.ownUserOrRoot(), echoing());
      askBlocking("LinkLoop echo", path);
    }
  }

  private static void loopToLoop(Path path) throws Exception {
    Semaphore arrived = new Semaphore(0);
    try (SystemTimers timers = new SystemTimers("timers");
        LinkLoop loop = LinkLoop.start("loop", (t, e) -> e.printStackTrace());
        LinkLoop other = LinkLoop.start("other", (t, e) -> e.printStackTrace())) {
      UnixListener.listen(loop, timers, path, PeerCheck.ownUserOrRoot(), echoing());
      Link link = UnixSocket.dialer(other, path).dial();
      link.open(
          new Echo(link) {
            @Override
            public void onBytes(ByteBuffer bytes) {
              arrived.release();
            }
          });
      ByteBuffer buffer = ByteBuffer.allocate(BYTES);
      measure(
          "link to link, two loops",
          () -> {
            link.write(buffer.clear());
            arrived.acquire();
          });
    }
  }

  private static void selectorEcho(Path path) throws Exception {
    try (Selector selector = Selector.open();
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path)).configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT);
      Thread thread = new Thread(() -> serve(selector, server), "selector");
      thread.setDaemon(true);
      thread.start();
      askBlocking("Selector echo", path);
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private static void serve(Selector selector, ServerSocketChannel server) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
    try {
      while (selector.isOpen()) {
        selector.select(
            key -> {
              try {
                if (key.isAcceptable()) {
                  SocketChannel accepted = server.accept();
                  accepted.configureBlocking(false);
                  accepted.register(selector, SelectionKey.OP_READ);
                  return;
                }
                SocketChannel channel = (SocketChannel) key.channel();
                if (channel.read(buffer.clear()) < 0) {
                  channel.close();
                  return;
                }
                channel.write(buffer.flip());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
      }
    } catch (java.nio.channels.ClosedSelectorException closed) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void idleLinks(Path path) throws Exception {
    int count = 1000;
    try (SystemTimers timers = new SystemTimers("timers");
        LinkLoop loop = LinkLoop.start("loop", (t, e) -> e.printStackTrace())) {
      UnixListener.listen(loop, timers, path, PeerCheck.ownUserOrRoot(), echoing());
      List<Link> links = new ArrayList<>();
      links.add(dial(loop, path));
      long before = usedHeap();
      for (int i = 1; i < count; i++) {
        links.add(dial(loop, path));
      }
      System.out.printf(
          "%d more links of one loop, both ends: %d heap bytes per link%n",
          count - 1, (usedHeap() - before) / 2 / (count - 1));
      System.out.println("links and listeners on the loop: " + loop.size());
      links.forEach(Link::close);
    }
  }

  private static Link dial(LinkLoop loop, Path path) throws Exception {
    Link link = UnixSocket.dialer(loop, path).dial();
    Semaphore arrived = new Semaphore(0);
    link.open(
        new Echo(link) {
          @Override
          public void onBytes(ByteBuffer bytes) {
            arrived.release();
          }
        });
    link.write(ByteBuffer.allocate(BYTES));
    arrived.acquire();
    return link;
  }

  private static long usedHeap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
