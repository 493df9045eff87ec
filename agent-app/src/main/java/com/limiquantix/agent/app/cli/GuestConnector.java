package com.limiquantix.agent.app.cli;

import io.grpc.StatusException;
import java.time.Duration;

/** How {@code qx-guest} gets from a {@link Target} to an agent that answers. */
@FunctionalInterface
interface GuestConnector {

  /**
   * Connects and waits until the agent has answered, so that a call that is made next meets a live
   * peer.
   *
   * @param target whom to reach
   * @param timeout how long to try, more than zero
   * @return a connection that the caller closes
   * @throws StatusException UNAVAILABLE when nobody answers in time or the way is barred; its
   *     description says why and what to do
   * @throws InterruptedException if the calling thread is interrupted; nothing stays open
   */
  GuestConnection connect(Target target, Duration timeout)
      throws StatusException, InterruptedException;
}
