package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Listens on a unix stream socket, unix(7), that only its owner (and root) can open: mode 0600 from
 * its first moment. Who connects is asked for by SO_PEERCRED and checked before anything is read or
 * written.
 */
public final class UnixListener implements AutoCloseable {
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
    this.name = "unix socket " + path;
    this.check = check;
    this.handler = to;
    this.file = file;
    this.acceptor = new Acceptor(loop, timers, fd, name, new Reception());
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
      SocketFile file = SocketFile.listen(posix, number, path, Acceptor.BACKLOG);
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
      acceptor.begin();
    } catch (IOException e) {
      file.remove();
      throw e;
    }
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
    acceptor.close();
  }

  @Override
  public String toString() {
    return name;
  }

  private final class Reception implements Acceptor.Reception {
    @Override
    public void accepted(Fd connection) throws IOException {
      PeerInfo.Unix peer = UnixSocket.credentials(loop.posix(), connection.number());
      if (!check.allows(peer)) {
        connection.close();
        handler.onRefused(peer);
        return;
      }
      SocketLink link = new SocketLink(loop, connection, name, peer);
      loop.adopt(link);
      acceptor.handOver(link, () -> handler.onLink(link));
    }

    @Override
    public void failed(IOException cause) {
      handler.onAcceptFailed(cause);
    }

    @Override
    public void loopCloses() {
      close();
    }
  }
}
