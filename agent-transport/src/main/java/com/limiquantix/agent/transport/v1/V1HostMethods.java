package com.limiquantix.agent.transport.v1;

import com.limiquantix.agent.protocol.V1Row;
import com.limiquantix.agent.protocol.V1Table;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.transport.internal.call.RawMethod;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Every method there is, as far as an agent of version 1 can answer it. */
final class V1HostMethods extends HandlerRegistry {
  private final V1HostRole role;

  V1HostMethods(V1HostRole role) {
    this.role = role;
  }

  @Override
  public ServerMethodDefinition<?, ?> lookupMethod(String methodName, @Nullable String authority) {
    if (methodName.equals(EventServiceGrpc.getSubscribeMethod().getFullMethodName())) {
      return ServerMethodDefinition.create(
          EventServiceGrpc.getSubscribeMethod(),
          (call, headers) -> {
            call.request(1);
            return new V1Subscriber(role, call);
          });
    }
    Optional<V1Row<?, ?>> row = V1Table.byMethod(methodName);
    if (row.isPresent()) {
      return define(
          methodName,
          MethodDescriptor.MethodType.UNARY,
          (call, headers) -> {
            // One more than allowed, so that a caller who sends two is noticed.
            call.request(2);
            return new V1HostCall(role, row.get(), call);
          });
    }
    return define(methodName, MethodDescriptor.MethodType.UNKNOWN, V1HostMethods::refuse);
  }

  private static ServerMethodDefinition<byte[], byte[]> define(
      String name, MethodDescriptor.MethodType type, ServerCallHandler<byte[], byte[]> handler) {
    return ServerMethodDefinition.create(RawMethod.of(name, type), handler);
  }

  private static ServerCall.Listener<byte[]> refuse(
      ServerCall<byte[], byte[]> call, Metadata headers) {
    call.close(
        Status.UNIMPLEMENTED.withDescription(
            "the agent speaks version 1 of the protocol, which has no "
                + call.getMethodDescriptor().getFullMethodName()
                + "; update the agent in the guest"),
        new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
