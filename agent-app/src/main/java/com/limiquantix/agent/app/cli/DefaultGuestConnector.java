package com.limiquantix.agent.app.cli;

import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;

/** Reaches agents over this host's unix sockets. */
final class DefaultGuestConnector implements GuestConnector {

  @Override
  public GuestConnection connect(Target target, Duration timeout) throws StatusException {
    throw Status.UNAVAILABLE
        .withDescription("this build has no transport to reach an agent with")
        .asException();
  }
}
