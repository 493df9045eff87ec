package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Listens on a vsock port, vsock(7): on a host for the agents of all its VMs, in a VM for its host.
 * Who connects is checked before anything is read or written. A port below 1024 can't be taken by
 * an ordinary user of this system in the listener's place.
 */
public final class VsockListener implements AutoCloseable {

  /** Hears of connections. Called in the thread of the loop, one call after the other. */
  public interface Handler {
    /**
     * A peer that passed the check has connected; {@link Link#peer} is a {@link PeerInfo.Vsock}.
     * The link is not open yet; the handler opens it or closes it, now or later. If this throws,
     * the link is closed.
     */
    void onLink(Link link);

    /** A peer did not pass the check and has been disconnected without a byte. */
    void onRefused(PeerInfo.Vsock peer);

    /**
     * The system refused to hand over a connection, for want of descriptors or memory; it waits,
     * and the listener tries again after a quarter of a second.
     */
    void onAcceptFailed(IOException cause);
  }

  private final LinkLoop loop;
  private final String name;
  private final VsockCheck check;
  private final Handler handler;
  private final Acceptor acceptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  private VsockListener(
      LinkLoop loop, Timers timers, long port, Fd fd, VsockCheck check, Handler handler) {
    this.loop = loop;
    this.name = "vsock port " + port;
    this.check = check;
    this.handler = handler;
    this.acceptor = new Acceptor(loop, timers, fd, name, new Reception());
  }

  /**
   * Begins to listen.
   *
   * @param loop serves the listener and its links
   * @param timers ends the pause after a failed accept
   * @param port 1 to 4294967294; {@link Vsock#AGENT_PORT} unless there is a reason
   * @param check who may connect
   * @throws IOException if that is not possible; the message says why and what to do
   */
  public static VsockListener listen(
      LinkLoop loop, Timers timers, long port, VsockCheck check, Handler handler)
      throws IOException {
    Vsock.requirePort(port);
    Posix posix = loop.posix();
    String failure = "Cannot listen on vsock port " + port + ": ";
    int number = posix.vsockSocket();
    if (number < 0) {
      throw new IOException(failure + Vsock.socketAdvice(-number));
    }
    Fd fd = new Fd(posix, number);
    try {
      int bound = posix.bindVsock(number, port);
      if (bound < 0) {
        throw new IOException(failure + bindAdvice(-bound));
      }
      int listening = posix.listen(number, Acceptor.BACKLOG);
      if (listening < 0) {
        throw new IOException(failure + Errno.describe(-listening));
      }
      VsockListener listener = new VsockListener(loop, timers, port, fd, check, handler);
      listener.acceptor.begin();
      return listener;
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static String bindAdvice(int errno) {
    String text = Errno.describe(errno);
    return switch (errno) {
      case Errno.EACCES ->
          text + "; ports below 1024 take root or CAP_NET_BIND_SERVICE: run as root";
      case Errno.EADDRINUSE -> text + "; another process listens there: end it, or choose a port";
      default -> text;
    };
  }

  /** Ends listening. Links that were accepted stay open. Any thread, any number of times. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      acceptor.close();
    }
  }

  @Override
  public String toString() {
    return name;
  }

  private final class Reception implements Acceptor.Reception {
    @Override
    public void accepted(Fd connection) throws IOException {
      PeerInfo.Vsock peer = Vsock.peer(loop.posix(), connection.number());
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
