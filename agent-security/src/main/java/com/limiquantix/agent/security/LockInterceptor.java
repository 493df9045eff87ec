package com.limiquantix.agent.security;

import com.limiquantix.agent.protocol.Capabilities;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;

/**
 * Refuses what an agent must not do while nobody knows what its configuration allows. Ping,
 * capabilities, health, subscriptions and thaw pass, so that a VM is neither lost nor left frozen.
 */
public final class LockInterceptor implements ServerInterceptor {
  private final Status refusal;

  /**
   * @param reason the sentence that refused calls get: why the agent is locked and what to do
   */
  public LockInterceptor(String reason) {
    this.refusal = Status.FAILED_PRECONDITION.withDescription(reason);
  }

  /**
   * Whether a locked agent serves a method.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.AgentService/Ping}
   */
  public static boolean passes(String fullMethodName) {
    if (ReservedMethods.contains(fullMethodName)) {
      return true;
    }
    Optional<String> group = Capabilities.of(fullMethodName);
    return group.isPresent() && group.get().equals(Capabilities.EVENTS);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (passes(call.getMethodDescriptor().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    call.close(refusal, new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
