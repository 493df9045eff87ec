package com.limiquantix.agent.app.v1peer;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A deployed version 1 agent: says that it is ready whenever its channel opens, and answers as
 * {@link CannedAnswers} has it. With {@link #holdRequests} the test answers instead: never, late,
 * twice, wrongly, in any order. Every wait ends after 20 s.
 */
public final class V1Agent implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  private final Path socket;
  private final ServerSocketChannel server;
  private final boolean tellsReady;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
  private volatile boolean holding;

  private V1Agent(Path socket, boolean tellsReady) throws IOException {
    this.socket = socket;
    this.tellsReady = tellsReady;
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    start("v1-agent-accepts", this::accept);
  }

  /** An agent that has just been started. */
  public static V1Agent listen(Path socket) throws IOException {
    return new V1Agent(socket, true);
  }

  /** An agent that opened its channel long before the host came, and so does not say so again. */
  public static V1Agent listenSilently(Path socket) throws IOException {
    return new V1Agent(socket, false);
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        UnixStreams streams = new UnixStreams(server.accept());
        serve(streams.input(), streams.output(), streams);
      }
    } catch (IOException e) {
      // The agent was closed.
      return;
    }
  }

  /** Serves the host at the other end of any pair of streams. */
  public void serve(InputStream in, OutputStream out, Closeable end) throws IOException {
    Link link = new Link(in, out, end);
    links.add(link);
    if (tellsReady) {
      link.push(V1Payload.AGENT_READY, CannedAnswers.ready());
    }
    start("v1-agent-reads", link::read);
  }

  /** From now on requests wait for {@link #nextRequest}. */
  public void holdRequests() {
    holding = true;
  }

  /** From now on requests are answered as they come. */
  public void answerRequests() {
    holding = false;
  }

  /** The next request that was held. */
  public Request nextRequest() throws InterruptedException {
    Request request = held.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request within " + PATIENCE_SECONDS + " s");
    }
    return request;
  }

  /** The next request of this kind that was held; others before it are never answered. */
  public Request nextRequest(V1Payload kind) throws InterruptedException {
    Request request = nextRequest();
    while (!request.message().is(kind)) {
      request = nextRequest();
    }
    return request;
  }

  /** Sends a push to every host that is connected. */
  public void push(V1Payload kind, ProtoWriter body) throws IOException {
    for (Link link : open()) {
      link.push(kind, body);
    }
  }

  /** Sends any bytes to every host that is connected. */
  public void sendRaw(byte[]... parts) throws IOException {
    for (Link link : open()) {
      link.send(parts);
    }
  }

  /** Closes all links and goes on listening. */
  public void dropLinks() {
    links.forEach(Link::close);
  }

  private List<Link> open() {
    return links.stream().filter(link -> !link.closed).toList();
  }

  /** How many Hellos of version 2 were skipped on all links. */
  public int hellos() {
    return links.stream().mapToInt(link -> link.frames.hellos()).sum();
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    dropLinks();
  }

  /** A request that came, and how it can be answered. */
  public static final class Request {
    private final Link link;
    private final V1Message message;

    private Request(Link link, V1Message message) {
      this.link = link;
      this.message = message;
    }

    /** What was asked. */
    public V1Message message() {
      return message;
    }

    /** Answers as it should be. */
    public void answer() throws IOException {
      link.send(frame());
    }

    /** Answers with any payload. */
    public void answer(int payload, ProtoWriter body) throws IOException {
      link.send(V1Frames.frame(V1Message.bytes(message.id(), Instant.now(), payload, body)));
    }

    /** Sends that many bytes of the right answer and closes the link. */
    public void answerPartlyAndDie(int bytes) throws IOException {
      byte[] part = new byte[bytes];
      System.arraycopy(frame(), 0, part, 0, bytes);
      link.send(part);
      link.close();
    }

    private byte[] frame() {
      CannedAnswers.Answer answer = CannedAnswers.to(message);
      return V1Frames.frame(
          V1Message.bytes(message.id(), Instant.now(), answer.payload(), answer.body()));
    }
  }

  /** One open channel. */
  private final class Link {
    private final V1FrameReader frames;
    private final OutputStream out;
    private final Closeable end;
    private volatile boolean closed;

    Link(InputStream in, OutputStream out, Closeable end) {
      this.frames = new V1FrameReader(in);
      this.out = out;
      this.end = end;
    }

    void read() {
      try {
        for (byte @Nullable [] bytes = frames.next(); bytes != null; bytes = frames.next()) {
          Request request = new Request(this, V1Message.read(bytes));
          if (holding) {
            held.add(request);
          } else {
            request.answer();
          }
        }
      } catch (IOException e) {
        // The host or the test has closed the link.
        return;
      } finally {
        close();
      }
    }

    void push(V1Payload kind, ProtoWriter body) throws IOException {
      String id = UUID.randomUUID().toString();
      send(V1Frames.frame(V1Message.bytes(id, Instant.now(), kind.number(), body)));
    }

    void send(byte[]... parts) throws IOException {
      synchronized (out) {
        out.write(V1Frames.join(parts));
        out.flush();
      }
    }

    void close() {
      closed = true;
      try {
        end.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
