package com.limiquantix.agent.app;

import com.limiquantix.agent.security.LockInterceptor;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for all methods that a locked agent has no handler for, so that the lock is what
 * refuses them: a host learns of the wrong configuration whatever it asks for.
 */
final class UnservedMethods extends HandlerRegistry {
  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String methodName, @Nullable String authority) {
    if (LockInterceptor.passes(methodName)) {
      return null;
    }
    MethodDescriptor<InputStream, InputStream> descriptor =
        MethodDescriptor.<InputStream, InputStream>newBuilder()
            .setType(MethodDescriptor.MethodType.UNKNOWN)
            .setFullMethodName(methodName)
            .setRequestMarshaller(Unread.MARSHALLER)
            .setResponseMarshaller(Unread.MARSHALLER)
            .build();
    return ServerMethodDefinition.create(
        descriptor,
        (call, headers) -> {
          call.close(Status.UNIMPLEMENTED, new Metadata());
          return new ServerCall.Listener<InputStream>() {};
        });
  }

  /** Messages of a method that nobody knows. */
  private static final class Unread implements MethodDescriptor.Marshaller<InputStream> {
    static final Unread MARSHALLER = new Unread();

    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return stream;
    }
  }
}
