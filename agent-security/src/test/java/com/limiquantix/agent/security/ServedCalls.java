package com.limiquantix.agent.security;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.util.UUID;

/**
 * Services behind interceptors, with a channel to them; all in the threads that the test brings.
 */
public final class ServedCalls implements AutoCloseable {
  private final Server server;

  /** To call them by. */
  public final ManagedChannel channel;

  /** Starts to serve. */
  public ServedCalls(ServerInterceptor interceptor, BindableService... services)
      throws IOException {
    String name = UUID.randomUUID().toString();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name).directExecutor();
    for (BindableService service : services) {
      builder.addService(ServerInterceptors.intercept(service, interceptor));
    }
    server = builder.build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }
}
