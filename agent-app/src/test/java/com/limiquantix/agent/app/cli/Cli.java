package com.limiquantix.agent.app.cli;

import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Runs {@code qx-guest} against services in this process and keeps what it printed. */
final class Cli implements AutoCloseable {
  static final String[] TO_A_SOCKET = {"--connect", "unix:/x.sock"};

  final ManualTimers timers = new ManualTimers();
  final ManualSignals signals = new ManualSignals();
  final Map<String, String> variables = new HashMap<>();
  final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
  final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
  GuestConnector connector;
  OutputStream results = stdout;
  volatile @Nullable Target target;
  volatile boolean closed;
  private final Server server;

  Cli(BindableService... services) throws IOException {
    String name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name).directExecutor();
    for (BindableService service : services) {
      builder.addService(service);
    }
    server = builder.build().start();
    connector =
        (asked, timeout) -> {
          target = asked;
          return new InProcessConnection(
              InProcessChannelBuilder.forName(name).directExecutor().build());
        };
  }

  /** Runs with {@link #TO_A_SOCKET} before the words given. */
  int run(String... words) {
    return runExactly(
        Stream.concat(Arrays.stream(TO_A_SOCKET), Arrays.stream(words)).toArray(String[]::new));
  }

  int runExactly(String... words) {
    return QxGuest.run(
        words, new Environment(results, stderr, variables, connector, () -> timers, signals));
  }

  CompletableFuture<Integer> start(String... words) {
    return CompletableFuture.supplyAsync(() -> run(words), command -> new Thread(command).start())
        .orTimeout(10, TimeUnit.SECONDS);
  }

  String out() {
    return stdout.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return stderr.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class InProcessConnection implements GuestConnection {
    private final ManagedChannel channel;

    InProcessConnection(ManagedChannel channel) {
      this.channel = channel;
    }

    @Override
    public Channel channel() {
      return channel;
    }

    @Override
    public String describePeer() {
      return "in-process";
    }

    @Override
    public OptionalLong peerProcess() {
      return OptionalLong.empty();
    }

    @Override
    public void close() {
      channel.shutdownNow();
      closed = true;
    }
  }
}
