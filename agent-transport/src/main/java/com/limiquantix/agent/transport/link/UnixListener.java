package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Listens on a unix stream socket, unix(7), that only its owner (and root) can open: mode 0600 from
 * its first moment. Who connects is asked for by SO_PEERCRED and checked before anything is read or
 * written.
 */
public final class UnixListener implements AutoCloseable {
  /** Connections that wait to be accepted, as listen(2) counts them. */
  static final int BACKLOG = 128;

  /** How long to leave waiting connections alone when this process can take no more. */
  static final long ACCEPT_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Connections accepted before the other links of the loop have their turn. */
  private static final int ACCEPTS_PER_TURN = 16;

  /** Hears of connections. Called in the thread of the loop, one call after the other. */
  public interface Handler {
    /**
     * A peer that passed the check has connected. The link is not open yet; the handler opens it or
     * closes it, now or later. If this throws, the link is closed.
     */
    void onLink(Link link);

    /** A peer did not pass the check and has been disconnected without a byte. */
    void onRefused(PeerInfo.Unix peer);

    /**
     * The system refused to hand over a connection, for want of descriptors or memory; it waits,
     * and the listener tries again after a quarter of a second.
     */
    void onAcceptFailed(IOException cause);
  }

  private final LinkLoop loop;
  private final Timers timers;
  private final String name;
  private final PeerCheck check;
  private final Handler handler;
  private final SocketFile file;
  private final Acceptor acceptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  private UnixListener(
      LinkLoop loop,
      Timers timers,
      Path path,
      Fd fd,
      SocketFile file,
      PeerCheck check,
      Handler to) {
    this.loop = loop;
    this.timers = timers;
    this.name = "unix socket " + path;
    this.check = check;
    this.handler = to;
    this.file = file;
    this.acceptor = new Acceptor(fd);
  }

  /**
   * Begins to listen. A socket left behind at {@code path} by a process that is gone is replaced;
   * one that somebody listens on, or anything that is not a socket, is not.
   *
   * @param loop serves the listener and its links
   * @param timers ends the pause after a failed accept
   * @param path where; its directory must exist, and be writable only for whom is trusted to listen
   *     there
   * @param check who may connect
   * @throws IOException if that is not possible; the message says why and what to do
   */
  public static UnixListener listen(
      LinkLoop loop, Timers timers, Path path, PeerCheck check, Handler handler)
      throws IOException {
    Posix posix = loop.posix();
    int number = posix.unixSocket();
    if (number < 0) {
      throw new IOException("Cannot listen on " + path + ": " + Errno.describe(-number));
    }
    Fd fd = new Fd(posix, number);
    try {
      SocketFile file = SocketFile.listen(posix, number, path, BACKLOG);
      UnixListener listener = new UnixListener(loop, timers, path, fd, file, check, handler);
      listener.begin();
      return listener;
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private void begin() throws IOException {
    try {
      loop.adopt(acceptor);
    } catch (IOException e) {
      file.remove();
      throw e;
    }
    loop.offer(acceptor::resume);
  }

  /**
   * Ends listening and removes the socket's file if it is still this one's. Links that were
   * accepted stay open. Any thread, any number of times.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      file.remove();
    } catch (IOException e) {
      loop.report(e);
    }
    loop.offer(acceptor::finish);
  }

  @Override
  public String toString() {
    return name;
  }

  private final class Acceptor extends Watched {
    private boolean watching;

    Acceptor(Fd fd) {
      super(fd);
    }

    @Override
    public String toString() {
      return name;
    }

    private void resume() {
      if (closed.get() || watching) {
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
      timers.schedule(() -> loop.offer(this::resume), ACCEPT_PAUSE_NANOS);
      handler.onAcceptFailed(cause);
    }

    @Override
    void onReady(int events) {
      for (int i = 0; i < ACCEPTS_PER_TURN && !closed.get(); i++) {
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
        PeerInfo.Unix peer = UnixSocket.credentials(loop.posix(), connection.number());
        if (!check.allows(peer)) {
          connection.close();
          handler.onRefused(peer);
          return;
        }
        SocketLink link = new SocketLink(loop, connection, name, peer);
        loop.adopt(link);
        handOver(link);
      } catch (IOException | RuntimeException e) {
        connection.close();
        loop.report(e);
      }
    }

    private void handOver(Link link) {
      try {
        handler.onLink(link);
      } catch (Throwable t) {
        link.close();
        loop.report(t);
      }
    }

    void finish() {
      loop.unwatch(this);
      watching = false;
      fd.close();
      loop.forget(this);
    }

    @Override
    void onLoopClosing() {
      close();
      finish();
    }
  }
}
