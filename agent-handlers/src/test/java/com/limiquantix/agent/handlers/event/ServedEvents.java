package com.limiquantix.agent.handlers.event;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;

/** An event service behind a real channel, all of which runs in the caller's thread. */
final class ServedEvents implements AutoCloseable {
  final ManagedChannel channel;
  private final Server server;

  ServedEvents(EventHandler handler) throws IOException {
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name).directExecutor().addService(handler).build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }
}
