package com.limiquantix.agent.transport.grpc;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** Holds the suites themselves against gRPC's own transport within one process. */
class InProcessGrpcSemanticsTest extends EverySuite {
  private static final Set<Capability> LACKS =
      EnumSet.of(
          Capability.MESSAGE_LIMITS,
          Capability.MESSAGE_SIZES,
          Capability.HONEST_COMPRESSION,
          Capability.DEMAND_SATURATES,
          Capability.TERMINATES_AFTER_CALLBACKS,
          Capability.NAMES_BROKEN_CONTRACT);

  private record Pair(ManagedChannel channel, Server server) implements GrpcPair {

    static Pair of(Setup setup) {
      String name = InProcessServerBuilder.generateName();
      InProcessServerBuilder server =
          InProcessServerBuilder.forName(name).executor(setup.serverExecutor());
      setup.services().forEach(server::addService);
      setup.serverInterceptors().forEach(server::intercept);
      setup.serverTracers().forEach(server::addStreamTracerFactory);
      setup.fallback().ifPresent(server::fallbackHandlerRegistry);
      setup.serverMaxMetadata().ifPresent(server::maxInboundMetadataSize);
      InProcessChannelBuilder channel =
          InProcessChannelBuilder.forName(name)
              .executor(setup.clientExecutor())
              .intercept(setup.clientInterceptors());
      setup.clientMaxMetadata().ifPresent(channel::maxInboundMetadataSize);
      return new Pair(channel.build(), server.build());
    }

    @Override
    public void connect() throws Exception {
      server.start();
      channel.resetConnectBackoff();
      ConnectivityState state = channel.getState(true);
      while (state != ConnectivityState.READY) {
        CountDownLatch changed = new CountDownLatch(1);
        channel.notifyWhenStateChanged(state, changed::countDown);
        GrpcSemanticsTest.await(changed, "the channel connects");
        state = channel.getState(true);
      }
    }

    @Override
    public void release() {}
  }

  @Override
  GrpcPair pair(Setup setup) {
    return Pair.of(setup);
  }

  @Override
  Set<Capability> lacking() {
    return LACKS;
  }
}
