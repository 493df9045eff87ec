package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import com.limiquantix.agent.transport.link.UnixSocket;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** How long a small call takes over a unix socket while another fills it. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class PingBesideStreamTest implements UnixListener.Handler {
  private static final int WARM_UP_PINGS = 10_000;
  private static final int PINGS = 20_000;
  private static final long BOUND_MICROS = 10_000;
  private static final byte[] CONTENTS = new byte[60_000];

  private final ExecutorService executor = Executors.newFixedThreadPool(4);
  private final SystemTimers timers = new SystemTimers("test-timers");
  private final AtomicLong messages = new AtomicLong();
  private LinkLoop hostLoop;
  private LinkLoop agentLoop;
  private AgentServer server;
  private AgentChannel channel;

  @BeforeEach
  void connect(@TempDir Path directory) throws IOException {
    Path socket = directory.resolve("agent.sock");
    hostLoop = LinkLoop.start("test-host", (thread, thrown) -> {});
    agentLoop = LinkLoop.start("test-agent", (thread, thrown) -> {});
    server =
        AgentServer.builder(executor, timers)
            .addService(new NumberedService().definition())
            .build()
            .start();
    UnixListener.listen(agentLoop, timers, socket, PeerCheck.ownUserOrRoot(), this);
    channel = AgentChannel.builder(UnixSocket.dialer(hostLoop, socket), executor, timers).build();
  }

  @AfterEach
  void end() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow();
    assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    hostLoop.close();
    agentLoop.close();
    timers.close();
    executor.shutdown();
  }

  private static CallOptions ready() {
    return CallOptions.DEFAULT.withWaitForReady();
  }

  private long[] ping(int count) {
    long[] micros = new long[count];
    for (int i = 0; i < count; i++) {
      byte[] request = NumberedService.message(1_000 + i, 0, new byte[8]);
      long begin = System.nanoTime();
      byte[] answer =
          ClientCalls.blockingUnaryCall(channel, NumberedService.ECHO, ready(), request);
      micros[i] = (System.nanoTime() - begin) / 1_000;
      assertThat(NumberedService.call(answer)).isEqualTo(1_000 + i);
    }
    return micros;
  }

  private void assertQuick(String direction, Runnable stream) {
    long[] alone = sorted(ping(WARM_UP_PINGS));
    Context.CancellableContext streaming = Context.current().withCancellation();
    streaming.run(stream);
    ping(WARM_UP_PINGS / 10);
    long messagesBefore = messages.get();
    long begin = System.nanoTime();
    long[] beside = sorted(ping(PINGS));
    double seconds = (System.nanoTime() - begin) / 1e9;
    long streamed = messages.get() - messagesBefore;
    streaming.cancel(null);
    System.out.printf(
        "ping beside a stream to the %s of %.0f MB/s: p50 %d us, p99 %d us, longest %d us;"
            + " alone: p50 %d us, p99 %d us%n",
        direction,
        streamed * CONTENTS.length / 1e6 / seconds,
        beside[PINGS / 2],
        beside[PINGS * 99 / 100],
        beside[PINGS - 1],
        alone[WARM_UP_PINGS / 2],
        alone[WARM_UP_PINGS * 99 / 100]);

    assertThat(streamed).as("messages of the stream meanwhile").isGreaterThan(1_000);
    assertThat(beside[PINGS * 99 / 100]).as("microseconds, p99").isLessThan(BOUND_MICROS);
  }

  private static long[] sorted(long[] values) {
    Arrays.sort(values);
    return values;
  }

  @Test
  void givenStreamToTheHostAtFullSpeed_whenPinged_thenNinetyNineOfAHundredAreQuick() {
    assertQuick("host", () -> stream(NumberedService.DOWNLOAD));
  }

  @Test
  void givenStreamToTheAgentAtFullSpeed_whenPinged_thenNinetyNineOfAHundredAreQuick() {
    assertQuick("agent", () -> stream(NumberedService.UPLOAD));
  }

  private void stream(MethodDescriptor<byte[], byte[]> method) {
    ClientCall<byte[], byte[]> call = channel.newCall(method, ready());
    if (method == NumberedService.DOWNLOAD) {
      byte[] request = NumberedService.message(1, Integer.MAX_VALUE, CONTENTS);
      ClientCalls.asyncServerStreamingCall(call, request, new Endless());
    } else {
      ClientCalls.asyncClientStreamingCall(call, new Endless());
    }
  }

  /** Sends as much as goes, where the method lets it, and counts what comes. */
  private final class Endless implements ClientResponseObserver<byte[], byte[]> {
    private int sent;

    @Override
    public void beforeStart(ClientCallStreamObserver<byte[]> requests) {
      requests.setOnReadyHandler(
          () -> {
            while (requests.isReady()) {
              requests.onNext(NumberedService.message(1, sent++, CONTENTS));
              messages.incrementAndGet();
            }
          });
    }

    @Override
    public void onNext(byte[] answer) {
      messages.incrementAndGet();
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {}
  }

  @Override
  public void onLink(Link link) {
    server.serve(link);
  }

  @Override
  public void onRefused(PeerInfo.Unix peer) {
    throw new AssertionError("refused " + peer.describe());
  }

  @Override
  public void onAcceptFailed(IOException cause) {
    throw new AssertionError(cause);
  }
}
