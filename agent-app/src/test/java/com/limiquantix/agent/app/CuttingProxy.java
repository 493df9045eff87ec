package com.limiquantix.agent.app;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a port is to an agent: one link to it that stays open while hosts come and go at a socket in
 * front, without telling. On the way bytes can be lost, or the host can be cut off, at any offset.
 */
final class CuttingProxy implements AutoCloseable {
  private static final int CHUNK_BYTES = 65_536;

  private final ServerSocketChannel front;
  private final SocketChannel agent;
  private final Direction toAgent = new Direction();
  private final Direction toHost = new Direction();
  private volatile @Nullable SocketChannel host;

  CuttingProxy(Path frontSocket, Path agentSocket) throws IOException {
    agent = SocketChannel.open(UnixDomainSocketAddress.of(agentSocket));
    front = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    front.bind(UnixDomainSocketAddress.of(frontSocket));
    start("proxy-accepts", this::accept);
    start("proxy-to-host", this::pumpToHost);
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
                // One of the sides is gone, which is what this is for.
                return;
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  /** From the host to the agent. */
  Direction toAgent() {
    return toAgent;
  }

  /** From the agent to the host. */
  Direction toHost() {
    return toHost;
  }

  private void accept() throws IOException {
    while (true) {
      SocketChannel accepted = front.accept();
      host = accepted;
      start("proxy-to-agent", () -> pumpToAgent(accepted));
    }
  }

  private void pumpToAgent(SocketChannel from) throws IOException {
    byte[] bytes = new byte[CHUNK_BYTES];
    for (int count = read(from, bytes); count >= 0; count = read(from, bytes)) {
      Passed passed = toAgent.filter(bytes, count);
      writeAll(agent, ByteBuffer.wrap(bytes, 0, passed.count()));
      if (passed.cut()) {
        from.close();
      }
    }
    from.close();
  }

  private void pumpToHost() throws IOException {
    byte[] bytes = new byte[CHUNK_BYTES];
    for (int count = read(agent, bytes); count >= 0; count = read(agent, bytes)) {
      Passed passed = toHost.filter(bytes, count);
      SocketChannel to = host;
      if (to != null) {
        passOn(to, ByteBuffer.wrap(bytes, 0, passed.count()), passed.cut());
      }
    }
  }

  private static void passOn(SocketChannel to, ByteBuffer bytes, boolean cut) {
    try {
      writeAll(to, bytes);
      if (cut) {
        to.close();
      }
    } catch (IOException e) {
      // The host is gone, and a port loses what nobody reads.
      return;
    }
  }

  private static int read(SocketChannel from, byte[] bytes) throws IOException {
    return from.read(ByteBuffer.wrap(bytes));
  }

  private static void writeAll(SocketChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
  }

  @Override
  public void close() {
    try {
      front.close();
      agent.close();
      SocketChannel last = host;
      if (last != null) {
        last.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One way through the proxy. */
  static final class Direction {
    private long passBefore = Long.MAX_VALUE;
    private long toLose;
    private boolean cuts;
    private @Nullable ByteArrayOutputStream record;

    /** After {@code offset} more bytes the next {@code count} are lost. */
    synchronized void loseAt(long offset, long count) {
      passBefore = offset;
      toLose = count;
      cuts = false;
    }

    /** After {@code offset} more bytes the host is cut off. */
    synchronized void cutAt(long offset) {
      passBefore = offset;
      toLose = Long.MAX_VALUE;
      cuts = true;
    }

    /** From here on all bytes pass. */
    synchronized void heal() {
      passBefore = Long.MAX_VALUE;
    }

    /** From here on what arrives is remembered. */
    synchronized void record() {
      record = new ByteArrayOutputStream();
    }

    /** What has arrived since {@link #record}. */
    synchronized byte[] recorded() {
      return record == null ? new byte[0] : record.toByteArray();
    }

    /** Moves what passes of the first {@code count} bytes to the beginning of the array. */
    synchronized Passed filter(byte[] bytes, int count) {
      if (record != null) {
        record.write(bytes, 0, count);
      }
      if (passBefore >= count) {
        passBefore -= passBefore == Long.MAX_VALUE ? 0 : count;
        return new Passed(count, false);
      }
      int from = (int) passBefore;
      int lost = (int) Math.min(toLose, count - from);
      int rest = count - from - lost;
      System.arraycopy(bytes, from + lost, bytes, from, rest);
      toLose -= lost;
      passBefore = toLose == 0 || cuts ? Long.MAX_VALUE : 0;
      boolean cut = cuts;
      cuts = false;
      return new Passed(from + rest, cut);
    }
  }

  /** The number of bytes that pass, and whether the host is to be cut off behind them. */
  private record Passed(int count, boolean cut) {}
}
