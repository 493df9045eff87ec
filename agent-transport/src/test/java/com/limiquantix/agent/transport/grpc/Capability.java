package com.limiquantix.agent.transport.grpc;

/** What a transport may lack by its nature; tests of it are then skipped, by name. */
public enum Capability {
  /** Limits of message size, inbound and outbound, are enforced. */
  MESSAGE_LIMITS,
  /** Stream tracers are told the size of each message. */
  MESSAGE_SIZES,
  /** Compression is done or refused, never accepted and left out. */
  HONEST_COMPRESSION,
  /** The channel can be made, and calls can begin, before the server can be reached. */
  WAIT_FOR_READY,
  /** {@code getState} and its kin follow the connection. */
  CONNECTIVITY,
  /** Demand of more than {@code Integer.MAX_VALUE} messages saturates. */
  DEMAND_SATURATES,
  /** Channel and server are terminated only once the last callback has returned. */
  TERMINATES_AFTER_CALLBACKS,
  /** A handler that breaks its method's contract ends the call as INTERNAL, not as CANCELLED. */
  NAMES_BROKEN_CONTRACT,
}
