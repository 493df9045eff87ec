package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.JnaPosix;
import com.limiquantix.agent.handlers.internal.jna.JnaPosix.Feature;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.security.policy.Guard;
import com.limiquantix.agent.security.policy.PolicyGuard;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** An exec service behind a real stub. */
final class ExecFixture implements AutoCloseable {
  final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
  final SharedMemory memory = new SharedMemory(64L << 20);
  final LinuxProcessSpawner spawner;
  final ManagedChannel channel;
  private final Server server;

  ExecFixture(ExecLimits limits, Set<Feature> hidden) throws IOException {
    this(limits, hidden, null);
  }

  ExecFixture(ExecLimits limits, Set<Feature> hidden, @Nullable CommandKeeper keeper)
      throws IOException {
    this(limits, hidden, keeper, PolicyGuard.open());
  }

  ExecFixture(ExecLimits limits, Set<Feature> hidden, @Nullable CommandKeeper keeper, Guard guard)
      throws IOException {
    spawner =
        new LinuxProcessSpawner(
            JnaPosix.open(hidden),
            limits,
            memory,
            scheduler,
            scheduler,
            System::nanoTime,
            keeper,
            guard);
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .addService(new ExecHandler(spawner, limits, scheduler))
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).maxInboundMessageSize(32 << 20).build();
  }

  ExecServiceGrpc.ExecServiceBlockingStub stub() {
    return ExecServiceGrpc.newBlockingStub(channel);
  }

  ExecuteResponse run(ExecuteRequest.Builder request) {
    return stub().execute(request.build());
  }

  /** A request to run a program directly; the first argument after it is always there. */
  static ExecuteRequest.Builder program(String command, String... args) {
    return ExecuteRequest.newBuilder()
        .setCommand(command)
        .addAllArgs(List.of(args))
        .setWaitForExit(true);
  }

  static ExecuteRequest.Builder shell(String line) {
    return ExecuteRequest.newBuilder().setCommand(line).setWaitForExit(true);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    spawner.close();
    scheduler.shutdownNow();
  }
}
