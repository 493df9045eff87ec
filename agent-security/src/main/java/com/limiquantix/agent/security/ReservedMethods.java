package com.limiquantix.agent.security;

import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.protocol.v1.QuiesceServiceGrpc;
import java.util.Optional;

/**
 * Methods with a reserved place: ping, capabilities, health and thaw. No limit and no fault of the
 * audit log keeps them from being served, so that a VM is neither lost nor left frozen.
 */
public final class ReservedMethods {
  private static final String THAW =
      QuiesceServiceGrpc.getThawFilesystemsMethod().getFullMethodName();

  private ReservedMethods() {}

  /**
   * Whether a method has one.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.AgentService/Ping}
   */
  public static boolean contains(String fullMethodName) {
    return fullMethodName.equals(THAW) || isSignOfLife(fullMethodName);
  }

  /** Whether a method only asks whether the agent is there and what it can do. */
  public static boolean isSignOfLife(String fullMethodName) {
    Optional<String> group = Capabilities.of(fullMethodName);
    return group.isPresent() && group.get().equals(Capabilities.CORE);
  }
}
