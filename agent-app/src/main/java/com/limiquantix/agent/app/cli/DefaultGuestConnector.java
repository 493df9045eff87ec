package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixSocket;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Reaches agents over this host's unix sockets: by the channel that another process shares, if
 * there is such a process, else by the VM's own socket. The first failure there counts; nothing is
 * repeated.
 */
final class DefaultGuestConnector implements GuestConnector {

  @Override
  public GuestConnection connect(Target target, Duration timeout)
      throws StatusException, InterruptedException {
    if (target.shared().filter(DefaultGuestConnector::isServed).isPresent()) {
      return connect(target, target.shared().get(), timeout);
    }
    try {
      return connect(target, target.socket(), timeout);
    } catch (StatusException e) {
      throw withHolder(e, target.socket());
    }
  }

  /** Whether somebody listens there; the file alone may be left from a process that is gone. */
  private static boolean isServed(Path socket) {
    if (!Files.exists(socket)) {
      return false;
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // Somebody who listens and accepts nobody must not hold us up.
      probe.configureBlocking(false);
      return probe.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  private static StatusException withHolder(StatusException failure, Path socket) {
    Status status = failure.getStatus();
    return SocketHolder.of(socket)
        .map(
            holder ->
                status
                    .withDescription(
                        status.getDescription()
                            + "; "
                            + holder
                            + " holds it now and does not share it")
                    .asException())
        .orElse(failure);
  }

  private static GuestConnection connect(Target target, Path socket, Duration timeout)
      throws StatusException, InterruptedException {
    LinkLoop loop = startLoop();
    SystemTimers timers = new SystemTimers("qx-guest-transport");
    AgentConnection connection =
        new AgentConnection(loop, timers, dialer(loop, target, socket), timeout);
    boolean ready = false;
    try {
      connection.awaitReady();
      ready = true;
      return connection;
    } finally {
      if (!ready) {
        connection.close();
      }
    }
  }

  /** A dialer that fails when it dials also if the address makes no sense. */
  private static LinkDialer dialer(LinkLoop loop, Target target, Path socket) {
    PeerCheck listener = PeerCheck.ownUserOrRoot().or(PeerCheck.users(target.peerUids()));
    return () -> UnixSocket.dialer(loop, socket, listener).dial();
  }

  private static LinkLoop startLoop() throws StatusException {
    try {
      return LinkLoop.start(
          "qx-guest-link",
          (thread, fault) -> thread.getThreadGroup().uncaughtException(thread, fault),
          LinkLoop.Waiting.POLLING_BRIEFLY);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static StatusException unavailable(IOException cause) {
    return Status.UNAVAILABLE.withDescription(cause.getMessage()).withCause(cause).asException();
  }
}
