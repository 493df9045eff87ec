package com.limiquantix.agent.transport.grpc;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Nested;

/** Holds the suites themselves against gRPC's own transport within one process. */
class InProcessGrpcSemanticsTest {
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

  @Nested
  class Calls extends CallsSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Deadlines extends DeadlinesSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Cancellation extends CancellationSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class MetadataAndStatus extends MetadataAndStatusSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Limits extends LimitsSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class FlowControl extends FlowControlSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Lifecycle extends LifecycleSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Misuse extends MisuseSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Failures extends FailuresSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Hooks extends HooksSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }

  @Nested
  class Tracers extends TracersSuite {
    @Override
    protected GrpcPair create(Setup setup) {
      return Pair.of(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return LACKS;
    }
  }
}
