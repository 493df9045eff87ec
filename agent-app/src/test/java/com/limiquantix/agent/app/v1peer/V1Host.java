package com.limiquantix.agent.app.v1peer;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A deployed version 1 host, and the ways in which one can behave badly: any bytes can be sent, and
 * it reads at once, a byte at a time, or not before it is told to. Every wait ends after 20 s.
 */
public final class V1Host implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  /** The fields of pushes have this number and larger ones. */
  private static final int FIRST_PUSH = V1Payload.TELEMETRY.number();

  private final OutputStream out;
  private final Closeable link;
  private final V1FrameReader frames;
  private final Thread reader = new Thread(this::read, "v1-host-reads");
  private final Map<String, BlockingQueue<V1Message>> answers = new ConcurrentHashMap<>();
  private final Map<Integer, BlockingQueue<V1Message>> pushes = new ConcurrentHashMap<>();
  private final CompletableFuture<V1Message> first = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);

  private V1Host(InputStream in, OutputStream out, Closeable link) {
    this.out = out;
    this.link = link;
    this.frames = new V1FrameReader(in);
    reader.setDaemon(true);
  }

  /** A host at the end of any pair of streams, such as a port's; closes {@code link} at its end. */
  public static V1Host over(InputStream in, OutputStream out, Closeable link) {
    V1Host host = new V1Host(in, out, link);
    host.startReading();
    return host;
  }

  /** A host that reads whatever comes. */
  public static V1Host connect(Path socket) throws IOException {
    V1Host host = connectDeaf(socket);
    host.startReading();
    return host;
  }

  /** A host that reads nothing before {@link #startReading}. */
  public static V1Host connectDeaf(Path socket) throws IOException {
    UnixStreams streams = UnixStreams.connect(socket);
    return new V1Host(streams.input(), streams.output(), streams);
  }

  /** Begins to read. */
  public void startReading() {
    reader.start();
  }

  private void read() {
    try {
      for (byte[] message = frames.next(); message != null; message = frames.next()) {
        receive(V1Message.read(message));
      }
    } catch (IOException e) {
      first.completeExceptionally(e);
    } finally {
      ended.countDown();
    }
  }

  private void receive(V1Message message) {
    first.complete(message);
    BlockingQueue<V1Message> asked = answers.get(message.id());
    if (asked != null) {
      asked.add(message);
    } else if (message.payload() >= FIRST_PUSH) {
      pushed(message.payload()).add(message);
    } else {
      asked(message.id()).add(message);
    }
  }

  private BlockingQueue<V1Message> asked(String id) {
    return answers.computeIfAbsent(id, unused -> new LinkedBlockingQueue<>());
  }

  private BlockingQueue<V1Message> pushed(int payload) {
    return pushes.computeIfAbsent(payload, unused -> new LinkedBlockingQueue<>());
  }

  /** Asks, under a new id, and returns the answer. */
  public V1Message ask(V1Payload request, ProtoWriter body) throws InterruptedException {
    return answerTo(send(request, body));
  }

  /** Asks under a new id, which it returns. */
  public String send(V1Payload request, ProtoWriter body) {
    String id = UUID.randomUUID().toString();
    send(id, request.number(), body);
    return id;
  }

  /** Sends any payload under any id. */
  public void send(String id, int payload, ProtoWriter body) {
    sendRaw(V1Frames.frame(expecting(id, payload, body)));
  }

  /** The message of a request whose answer will be known as one. */
  public byte[] expecting(String id, int payload, ProtoWriter body) {
    asked(id);
    return V1Message.bytes(id, Instant.now(), payload, body);
  }

  /** Sends bytes, whatever they are; blocks while nobody takes them. */
  public void sendRaw(byte[]... parts) {
    byte[] all = V1Frames.join(parts);
    try {
      synchronized (out) {
        out.write(all);
        out.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends bytes one at a time. */
  public void sendSlowly(byte[] bytes) {
    for (byte one : bytes) {
      sendRaw(new byte[] {one});
    }
  }

  /** The next answer to this id. */
  public V1Message answerTo(String id) throws InterruptedException {
    V1Message answer = next(asked(id));
    if (answer == null) {
      throw new AssertionError("no answer to " + id + " within " + PATIENCE_SECONDS + " s");
    }
    return answer;
  }

  /** Whether there is an answer to this id that nobody has taken. */
  public boolean hasAnswerTo(String id) {
    return !asked(id).isEmpty();
  }

  /** Whether an answer to this id comes within that time; it is not taken. */
  public boolean isAnsweredWithin(String id, Duration patience) throws InterruptedException {
    V1Message answer = asked(id).poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    return answer != null && asked(id).add(answer);
  }

  /** The next push of this kind. */
  public V1Message push(V1Payload kind) throws InterruptedException {
    V1Message push = next(pushed(kind.number()));
    if (push == null) {
      throw new AssertionError("no " + kind + " within " + PATIENCE_SECONDS + " s");
    }
    return push;
  }

  /** The next push of this kind, or null if none comes within that time. */
  public @Nullable V1Message pushWithin(V1Payload kind, Duration patience)
      throws InterruptedException {
    return pushed(kind.number()).poll(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** All pushes of this kind that came and that nobody has taken. */
  public List<V1Message> pushesSoFar(V1Payload kind) {
    List<V1Message> taken = new ArrayList<>();
    pushed(kind.number()).drainTo(taken);
    return taken;
  }

  /** The very first message that came. */
  public V1Message first() throws InterruptedException {
    try {
      return first.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new AssertionError("nothing came within " + PATIENCE_SECONDS + " s", e);
    }
  }

  private static @Nullable V1Message next(BlockingQueue<V1Message> queue)
      throws InterruptedException {
    return queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** How many bytes came that belong to no frame of version 1. */
  public long skippedBytes() {
    return frames.skipped();
  }

  /** Waits until the agent has closed the link. */
  public void awaitEnd() throws InterruptedException {
    if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the link is still open after " + PATIENCE_SECONDS + " s");
    }
  }

  @Override
  public void close() {
    try {
      link.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
