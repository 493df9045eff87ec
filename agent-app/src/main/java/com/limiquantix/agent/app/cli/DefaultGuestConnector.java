package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixSocket;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.time.Duration;

/** Reaches agents over this host's unix sockets. The first failure counts; nothing is repeated. */
final class DefaultGuestConnector implements GuestConnector {

  @Override
  public GuestConnection connect(Target target, Duration timeout)
      throws StatusException, InterruptedException {
    LinkLoop loop = startLoop();
    SystemTimers timers = new SystemTimers("qx-guest-transport");
    AgentConnection connection = new AgentConnection(loop, timers, dialer(loop, target), timeout);
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
  private static LinkDialer dialer(LinkLoop loop, Target target) {
    PeerCheck listener = PeerCheck.ownUserOrRoot().or(PeerCheck.users(target.peerUids()));
    return () -> UnixSocket.dialer(loop, target.socket(), listener).dial();
  }

  private static LinkLoop startLoop() throws StatusException {
    try {
      return LinkLoop.start(
          "qx-guest-link",
          (thread, fault) -> thread.getThreadGroup().uncaughtException(thread, fault));
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static StatusException unavailable(IOException cause) {
    return Status.UNAVAILABLE.withDescription(cause.getMessage()).withCause(cause).asException();
  }
}
