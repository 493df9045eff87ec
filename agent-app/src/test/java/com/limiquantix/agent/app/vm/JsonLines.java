package com.limiquantix.agent.app.vm;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** One JSON object a line over a unix socket, as QEMU's monitor and qemu-ga speak. */
final class JsonLines implements AutoCloseable {
  private static final int MAX_LINE = 64 << 20;

  private final SocketChannel channel;
  private final Selector selector;
  private final ByteBuffer input = ByteBuffer.allocate(64 * 1024).limit(0);

  private JsonLines(SocketChannel channel, Selector selector) {
    this.channel = channel;
    this.selector = selector;
  }

  static JsonLines connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.configureBlocking(false);
      Selector selector = Selector.open();
      channel.register(selector, SelectionKey.OP_READ);
      return new JsonLines(channel, selector);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  void send(String json) throws IOException {
    send((json + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Sends bytes as they are; what a peer does not take makes this fail. */
  void send(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (channel.write(buffer) == 0) {
        throw new IOException("the peer does not read");
      }
    }
  }

  /**
   * The next object.
   *
   * @param millis how long to wait for each part of it
   * @throws IOException if none came, or the peer has gone
   */
  Map<String, Object> next(long millis) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (line.size() < MAX_LINE) {
      while (input.hasRemaining()) {
        byte b = input.get();
        if (b == '\n') {
          return parse(line.toString(StandardCharsets.UTF_8));
        }
        // qemu-ga begins an answer to guest-sync-delimited with it.
        if (b != (byte) 0xff) {
          line.write(b);
        }
      }
      fill(deadline);
    }
    throw new IOException("a line of more than " + MAX_LINE + " bytes");
  }

  private void fill(long deadlineNanos) throws IOException {
    long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
    if (left <= 0 || selector.select(left) == 0) {
      throw new IOException("no answer in time");
    }
    selector.selectedKeys().clear();
    input.clear();
    int count = channel.read(input);
    input.flip();
    if (count < 0) {
      throw new IOException("the peer has gone");
    }
  }

  private static Map<String, Object> parse(String line) throws IOException {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_LINE);
    // JSON is YAML.
    Object read = new Yaml(new SafeConstructor(options)).load(line);
    if (!(read instanceof Map<?, ?> map)) {
      throw new IOException("no object: " + line);
    }
    return Json.object(map);
  }

  @Override
  public void close() throws IOException {
    selector.close();
    channel.close();
  }
}
