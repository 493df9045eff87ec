package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A vsock connection that this end makes; it may still be under way. */
final class VsockLink extends SocketLink {

  /** For who does not care about the end. */
  static final Consumer<@Nullable Throwable> UNWATCHED = cause -> {};

  private final PeerInfo.Vsock peer;
  private final Consumer<@Nullable Throwable> finished;
  private volatile Timers.@Nullable Timer deadline;

  /**
   * @param connected whether it has been made
   * @param finished hears the cause when the link is closed
   */
  VsockLink(
      LinkLoop loop,
      Fd fd,
      PeerInfo.Vsock peer,
      boolean connected,
      Consumer<@Nullable Throwable> finished) {
    super(loop, fd, Vsock.name(peer.cid(), peer.port()), peer, connected);
    this.peer = peer;
    this.finished = finished;
  }

  /** Closes the link if it is not connected by then. */
  void giveUpAfter(Timers timers, long nanos) {
    deadline = timers.schedule(() -> loop.offer(this::giveUp), nanos);
  }

  private void giveUp() {
    if (isPresent() || !fd.acquire()) {
      return;
    }
    try {
      // Whoever has not opened the link yet has not seen that it is connected.
      if (loop.posix().vsockPeer(fd.number(), new int[2]) < 0) {
        closeWith(Vsock.failed(Errno.ETIMEDOUT, peer.cid(), peer.port()));
      }
    } finally {
      fd.release();
    }
  }

  @Override
  void onNotConnected() {
    int error = loop.posix().socketError(fd.number());
    if (error != 0) {
      closeWith(Vsock.failed(Math.abs(error), peer.cid(), peer.port()));
    }
  }

  @Override
  void onSeen() {
    cancelDeadline();
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
    finished.accept(cause);
  }
}
