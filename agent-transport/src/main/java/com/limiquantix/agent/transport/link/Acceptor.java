package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Accepts the connections of one listening socket, and pauses when the system gives no more. */
final class Acceptor extends Watched {
  /** Connections that wait to be accepted, as listen(2) counts them. */
  static final int BACKLOG = 128;

  /** How long to leave waiting connections alone when this process can take no more. */
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Connections accepted before the other links of the loop have their turn. */
  private static final int ACCEPTS_PER_TURN = 16;

  /** What becomes of connections. Called in the thread of the loop. */
  interface Reception {
    /** Takes a connection over, or closes it. What this throws closes it too. */
    void accepted(Fd connection) throws IOException;

    /** The system refused to hand one over. */
    void failed(IOException cause);

    /** The loop ends. */
    void loopCloses();
  }

  private final LinkLoop loop;
  private final Timers timers;
  private final String name;
  private final Reception reception;

  private volatile boolean closed;

  // Of the loop's thread only.
  private boolean watching;

  Acceptor(LinkLoop loop, Timers timers, Fd fd, String name, Reception reception) {
    super(fd);
    this.loop = loop;
    this.timers = timers;
    this.name = name;
    this.reception = reception;
  }

  @Override
  public String toString() {
    return name;
  }

  /** Begins to accept. Any thread. */
  void begin() throws IOException {
    loop.adopt(this);
    loop.offer(this::resume);
  }

  /** Ends accepting and closes the socket. Any thread. */
  void close() {
    closed = true;
    loop.offer(this::finish);
  }

  private void resume() {
    if (closed || watching) {
      return;
    }
    try {
      loop.watch(this, Posix.EPOLLIN);
      watching = true;
    } catch (IOException e) {
      pause(e);
    }
  }

  private void pause(IOException cause) {
    loop.unwatch(this);
    watching = false;
    timers.schedule(() -> loop.offer(this::resume), PAUSE_NANOS);
    reception.failed(cause);
  }

  @Override
  void onReady(int events) {
    for (int i = 0; i < ACCEPTS_PER_TURN && !closed; i++) {
      int number = loop.posix().accept(fd.number());
      if (number >= 0) {
        accepted(new Fd(loop.posix(), number));
        continue;
      }
      switch (-number) {
        case Errno.EAGAIN -> {
          return;
        }
        case Errno.EINTR, Errno.ECONNABORTED -> {}
        default -> {
          pause(new IOException(name + ": cannot accept: " + Errno.describe(-number)));
          return;
        }
      }
    }
  }

  private void accepted(Fd connection) {
    try {
      reception.accepted(connection);
    } catch (IOException | RuntimeException e) {
      connection.close();
      loop.report(e);
    }
  }

  /** Hands a link over; whatever goes wrong there ends it. */
  void handOver(Link link, Runnable handler) {
    try {
      handler.run();
    } catch (Throwable t) {
      link.close();
      loop.report(t);
    }
  }

  private void finish() {
    loop.unwatch(this);
    watching = false;
    fd.close();
    loop.forget(this);
  }

  @Override
  void onLoopClosing() {
    reception.loopCloses();
    closed = true;
    finish();
  }
}
