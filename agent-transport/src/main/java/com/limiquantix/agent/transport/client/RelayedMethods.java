package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.transport.internal.call.RawMethod;
import io.grpc.Channel;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import org.jspecify.annotations.Nullable;

/** Has every method there is, and calls it on a channel. */
final class RelayedMethods extends HandlerRegistry {
  private final Channel channel;

  RelayedMethods(Channel channel) {
    this.channel = channel;
  }

  @Override
  public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
    MethodDescriptor<byte[], byte[]> method =
        RawMethod.of(name, MethodDescriptor.MethodType.UNKNOWN);
    return ServerMethodDefinition.create(
        method, (call, headers) -> RelayedCall.start(channel, method, call, headers));
  }
}
