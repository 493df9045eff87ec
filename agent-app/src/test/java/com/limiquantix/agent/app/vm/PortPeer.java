package com.limiquantix.agent.app.vm;

import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.DevicePorts;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32C;

/**
 * The guest's end of the port that no service opens. {@code serve DEVICE} offers {@link Bulk} over
 * a channel. {@code raw DEVICE} moves bytes as fast as a loop can that computes their CRC32C: the
 * host asks by a letter and a number of chunks, nine bytes; after {@code d} it gets as many and
 * their checksum, after {@code u} it sends as many and gets their checksum. Both run until they are
 * killed.
 */
final class PortPeer {
  private PortPeer() {}

  /** Runs until killed. */
  public static void main(String[] arguments) throws Exception {
    Path device = Path.of(arguments[1]);
    if (arguments[0].equals("serve")) {
      serve(device);
    } else {
      raw(device);
    }
  }

  private static void serve(Path device) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    SystemTimers timers = new SystemTimers("peer-timers");
    LinkLoop loop = LinkLoop.start("peer-links", (thread, fault) -> fault.printStackTrace());
    AgentServer server =
        AgentServer.builder(executor, timers).addService(Bulk.service()).build().start();
    DevicePorts.at(
        loop,
        timers,
        device,
        new DevicePorts.Handler() {
          @Override
          public void onLink(Link link) {
            server.serve(link);
          }

          @Override
          public void onUnavailable(String reason) {
            System.out.println(reason);
          }
        });
    server.awaitTermination();
  }

  private static void raw(Path device) throws Exception {
    try (RandomAccessFile port = new RandomAccessFile(device.toFile(), "rw");
        FileInputStream in = new FileInputStream(port.getFD());
        FileOutputStream out = new FileOutputStream(port.getFD())) {
      FileChannel from = in.getChannel();
      FileChannel to = out.getChannel();
      ByteBuffer chunk = ByteBuffer.allocateDirect(Bulk.CHUNK);
      while (true) {
        fill(from, chunk.clear().limit(1 + Long.BYTES));
        byte what = chunk.get();
        long count = chunk.getLong();
        CRC32C crc = new CRC32C();
        for (long i = 0; i < count; i++) {
          chunk.clear();
          if (what == 'd') {
            crc.update(chunk);
            drain(to, chunk.flip());
          } else {
            fill(from, chunk);
            crc.update(chunk);
          }
        }
        drain(to, chunk.clear().putLong(crc.getValue()).flip());
      }
    }
  }

  /** Fills {@code buffer} and turns it round; while there is no host, reading gives nothing. */
  static void fill(FileChannel from, ByteBuffer buffer) throws IOException, InterruptedException {
    while (buffer.hasRemaining()) {
      if (from.read(buffer) < 0) {
        if (buffer.position() > 0) {
          throw new EOFException("the host has gone within a message");
        }
        Vm.pause(20);
      }
    }
    buffer.flip();
  }

  private static void drain(FileChannel to, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      to.write(buffer);
    }
  }
}
