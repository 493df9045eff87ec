package com.limiquantix.agent.app.cli;

import io.grpc.Channel;
import java.util.OptionalLong;

/** A connection to one agent. */
interface GuestConnection extends AutoCloseable {

  /** Carries calls of the agent's services until {@link #close}; any thread. */
  Channel channel();

  /** Who is at the other end, as the link knows it, such as {@code unix uid=0 gid=0 pid=4711}. */
  String describePeer();

  /** The process at the other end as the kernel knows it, if it has one on this machine. */
  OptionalLong peerProcess();

  /**
   * Ends the connection, and with it every call that is still open, in the guest as well: a
   * cancellation that was handed over before reaches the agent, or the link goes down, which the
   * agent takes for the same. Returns within about a second.
   */
  @Override
  void close();
}
