package com.limiquantix.agent.transport.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Server;

/**
 * A channel and the server behind it, as one test uses them. The test ends both of them itself, by
 * {@code shutdownNow}, before it calls {@link #release()}.
 */
public interface GrpcPair {

  /** The channel; usable for wait-for-ready calls even before {@link #connect()}. */
  ManagedChannel channel();

  /** The server; not started before {@link #connect()}. */
  Server server();

  /**
   * Starts the server, lets the channel reach it, and returns once calls do. Called at most once.
   */
  void connect() throws Exception;

  /** Ends what is neither the channel nor the server, such as a link. Called once, last. */
  void release() throws Exception;
}
