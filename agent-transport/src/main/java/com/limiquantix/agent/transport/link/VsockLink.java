package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A vsock connection that this end makes; it may still be under way. */
final class VsockLink extends SocketLink {

  /** Hears what becomes of the connection, beside its listener. In the loop's thread. */
  interface Watcher {
    /** For who does not care. */
    Watcher NONE =
        new Watcher() {
          @Override
          public void onConnected() {}

          @Override
          public void onFinished(@Nullable Throwable cause) {}
        };

    /** The peer is there. */
    void onConnected();

    /** The link is closed; the cause is null if either side closed it in order. */
    void onFinished(@Nullable Throwable cause);
  }

  private final PeerInfo.Vsock peer;
  private final Watcher watcher;
  private volatile Timers.@Nullable Timer deadline;

  VsockLink(LinkLoop loop, Fd fd, PeerInfo.Vsock peer, Watcher watcher) {
    super(loop, fd, Vsock.name(peer.cid(), peer.port()), peer, false);
    this.peer = peer;
    this.watcher = watcher;
  }

  /** Closes the link if it is not connected by then. */
  void giveUpAfter(Timers timers, long nanos) {
    deadline = timers.schedule(() -> loop.offer(this::giveUp), nanos);
  }

  private void giveUp() {
    if (!isPresent()) {
      closeWith(failed(Errno.ETIMEDOUT));
    }
  }

  private IOException failed(int errno) {
    return new IOException(
        "Cannot connect to " + this + ": " + Vsock.connectAdvice(errno, peer.cid(), peer.port()));
  }

  @Override
  void onNotConnected() {
    int error = loop.posix().socketError(fd.number());
    if (error != 0) {
      closeWith(failed(Math.abs(error)));
    }
  }

  @Override
  void onSeen() {
    cancelDeadline();
    watcher.onConnected();
  }

  private void cancelDeadline() {
    Timers.Timer timer = deadline;
    if (timer != null) {
      timer.cancel();
      deadline = null;
    }
  }

  @Override
  void onFinished(@Nullable Throwable cause) {
    cancelDeadline();
    watcher.onFinished(cause);
  }
}
