package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the suites of this package share: they are written against gRPC's public API alone, and hold
 * for any transport. A transport's own test class makes one nested subclass of each suite, all with
 * the same {@link #create}.
 *
 * <p>Nothing here sleeps: what must happen is awaited for {@link EventLog#PATIENCE_SECONDS}, and
 * what must not happen is looked for after another call has gone all the way and back. An exception
 * that reaches a thread's uncaught handler fails the test, unless the test {@link Planted} it.
 */
@Timeout(60)
public abstract class GrpcSemanticsTest {
  private static final String ECHO_SERVICE = "semantics.Echo";
  static final MethodDescriptor<String, String> ECHO =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName(ECHO_SERVICE + "/Echo")
          .setRequestMarshaller(Raw.Text.INSTANCE)
          .setResponseMarshaller(Raw.Text.INSTANCE)
          .build();

  /** An exception that a test throws on purpose. */
  static final class Planted extends RuntimeException {
    private static final long serialVersionUID = 1;

    Planted(String message) {
      super(message);
    }
  }

  private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
  private final List<GrpcPair> pairs = new ArrayList<>();
  private @Nullable UncaughtExceptionHandler handlerBefore;

  final WatchedExecutor serverExecutor = new WatchedExecutor("server-application");
  final WatchedExecutor clientExecutor = new WatchedExecutor("client-application");

  /** Makes a channel and a server that can not reach each other yet. */
  protected abstract GrpcPair create(Setup setup) throws Exception;

  /** What this transport can not do by its nature. */
  protected Set<Capability> lacks() {
    return Set.of();
  }

  @BeforeEach
  final void watchThreads() {
    handlerBefore = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.add(thrown));
  }

  @AfterEach
  final void endPairs() throws Exception {
    try {
      for (GrpcPair pair : pairs) {
        pair.channel().shutdownNow();
        pair.server().shutdownNow();
        assertThat(pair.channel().awaitTermination(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS))
            .as("the channel terminates")
            .isTrue();
        assertThat(pair.server().awaitTermination(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS))
            .as("the server terminates")
            .isTrue();
        pair.release();
      }
      long patience = Duration.ofSeconds(EventLog.PATIENCE_SECONDS).toNanos();
      assertThat(serverExecutor.awaitIdle(patience)).as("handlers return").isTrue();
      assertThat(clientExecutor.awaitIdle(patience)).as("client callbacks return").isTrue();
    } finally {
      serverExecutor.end();
      clientExecutor.end();
      Thread.setDefaultUncaughtExceptionHandler(handlerBefore);
    }
    assertThat(uncaught).filteredOn(thrown -> !planted(thrown)).isEmpty();
  }

  private static boolean planted(Throwable thrown) {
    return thrown instanceof Planted || thrown.getCause() instanceof Planted;
  }

  final void requires(Capability capability) {
    assumeFalse(lacks().contains(capability), () -> "the transport lacks " + capability);
  }

  /** A setup with this test's executors and a service that echoes. */
  final Setup setup() {
    return new Setup(serverExecutor, clientExecutor)
        .service(
            ServerServiceDefinition.builder(ECHO_SERVICE)
                .addMethod(
                    ECHO,
                    ServerCalls.asyncUnaryCall(
                        (request, answers) -> {
                          answers.onNext(request);
                          answers.onCompleted();
                        }))
                .build());
  }

  final GrpcPair prepare(Setup setup) throws Exception {
    GrpcPair pair = create(setup);
    pairs.add(pair);
    return pair;
  }

  final GrpcPair start(Setup setup) throws Exception {
    GrpcPair pair = prepare(setup);
    pair.connect();
    return pair;
  }

  /** Starts a pair whose raw methods have this handler. */
  final Channel startRaw(RawHandler handler) throws Exception {
    return start(setup().service(Raw.service(handler))).channel();
  }

  /** Calls all the way and back, which shows that the channel still works. */
  static void assertUsable(Channel channel) {
    assertThat(ClientCalls.blockingUnaryCall(channel, ECHO, inTime(), "echo")).isEqualTo("echo");
  }

  /** A deadline that only a call that hangs will meet. */
  static CallOptions inTime() {
    return CallOptions.DEFAULT.withDeadlineAfter(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  static void await(CountDownLatch latch, String what) throws InterruptedException {
    assertThat(latch.await(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)).as(what).isTrue();
  }
}
