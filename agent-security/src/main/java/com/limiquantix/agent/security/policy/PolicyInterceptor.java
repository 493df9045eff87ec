package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.CallFacts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Refuses methods that policy does not serve with PERMISSION_DENIED, before a request is read.
 * Ping, capabilities, health and thaw always pass.
 */
public final class PolicyInterceptor implements ServerInterceptor {
  private static final CallFacts.Decision SERVED =
      new CallFacts.Decision(true, "security.profile and operations");

  private final Supplier<Policy> policy;

  /**
   * @param policy the one in force, asked at every call; must not block
   */
  public PolicyInterceptor(Supplier<Policy> policy) {
    this.policy = policy;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    Optional<String> rule = policy.get().refusal(method);
    if (rule.isEmpty()) {
      CallFacts.current().decision(SERVED);
      return next.startCall(call, headers);
    }
    Status status = Refusals.status(method.substring(method.indexOf('/') + 1), rule.get());
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
