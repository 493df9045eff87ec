package com.limiquantix.agent.transport.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.FakeTimers;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.fault.FaultLink;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * One agent that can be reached over vsock and over its port, with links that the test breaks. Time
 * is the test's own.
 */
class FallbackDialerTest {
  /** A ping with this number is never answered. */
  private static final int HANGS = 4711;

  private final ManualExecutor executor = new ManualExecutor();
  private final FakeTimers timers = new FakeTimers();
  private final Vsock vsock = new Vsock();
  private final List<String> carriedOut = new ArrayList<>();
  private final AgentServer agent =
      AgentServer.builder(executor, timers)
          .random(new Random(1))
          .addService(new Pings())
          .intercept(new Ways())
          .build()
          .start();
  private boolean portThere = true;
  private @Nullable InProcessLink portOfAgent;
  private int portsDialed;
  private final AgentChannel channel =
      AgentChannel.builder(new FallbackDialer(timers, vsock, this::dialPort), executor, timers)
          .random(new Random(2))
          .keepConnected(true)
          .build();

  @AfterEach
  void end() {
    channel.shutdownNow();
    agent.shutdownNow();
    pass(2_000);
    assertThat(channel.isTerminated()).isTrue();
    assertThat(timers.waiting()).isZero();
  }

  /** Notes over which link each call came. */
  private final class Ways implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      PeerInfo peer = Objects.requireNonNull(call.getAttributes().get(PeerInfo.KEY));
      carriedOut.add(((PeerInfo.InProcess) peer).name());
      return next.startCall(call, headers);
    }
  }

  private static final class Pings extends AgentServiceGrpc.AgentServiceImplBase {
    @Override
    public void ping(PingRequest request, StreamObserver<PongResponse> answers) {
      if (request.getSequence() != HANGS) {
        answers.onNext(PongResponse.newBuilder().setSequence(request.getSequence()).build());
        answers.onCompleted();
      }
    }
  }

  /** What the agent connected over vsock. */
  private final class Vsock implements ArrivingLinks {
    private final List<Runnable> tasks = new ArrayList<>();
    private @Nullable Link arrived;
    private @Nullable FaultLink ofAgent;

    /** The agent connects. */
    void come() {
      comeSilently();
      agent.serve(Objects.requireNonNull(ofAgent));
    }

    /** Something connects that is no agent. */
    void comeSilently() {
      InProcessLink.Pair pair = InProcessLink.pair("vsock", executor);
      arrived = pair.first();
      ofAgent = new FaultLink(pair.second(), executor);
      tasks.forEach(Runnable::run);
    }

    void breakOff() {
      arrived = null;
      Objects.requireNonNull(ofAgent).close();
    }

    @Override
    public boolean hasArrived() {
      return arrived != null;
    }

    @Override
    public void onArrival(Runnable task) {
      tasks.add(task);
    }

    @Override
    public Link dial() throws IOException {
      Link taken = arrived;
      arrived = null;
      if (taken == null) {
        throw new IOException("no agent has come over vsock");
      }
      return taken;
    }
  }

  private Link dialPort() throws IOException {
    portsDialed++;
    if (!portThere) {
      throw new IOException("no port");
    }
    InProcessLink.Pair pair = InProcessLink.pair("port", executor);
    portOfAgent = pair.second();
    agent.serve(pair.second());
    return pair.first();
  }

  private void pass(long millis) {
    timers.advance(millis, executor::runAll);
  }

  private ListenableFuture<PongResponse> ping(long sequence) {
    ListenableFuture<PongResponse> call =
        AgentServiceGrpc.newFutureStub(channel)
            .withWaitForReady()
            .ping(PingRequest.newBuilder().setSequence(sequence).build());
    executor.runAll();
    return call;
  }

  /** The way that a ping took, which must have been answered when that much time has passed. */
  private String wayWithin(long millis) {
    carriedOut.clear();
    ListenableFuture<PongResponse> call = ping(1);
    pass(millis);
    assertThat(call).isDone();
    assertThat(carriedOut).hasSize(1);
    return carriedOut.get(0);
  }

  private static Status.Code failure(ListenableFuture<?> call) throws InterruptedException {
    assertThat(call).isDone();
    try {
      call.get();
      return Status.Code.OK;
    } catch (ExecutionException e) {
      return Status.fromThrowable(e).getCode();
    }
  }

  @Test
  void givenBothWays_thenVsockIsTaken() {
    vsock.come();
    pass(1_000);

    assertThat(wayWithin(0)).isEqualTo("vsock");
    assertThat(portsDialed).isLessThanOrEqualTo(1);
  }

  @Test
  void givenNoVsock_thenThePortIsTakenAtOnce() {
    assertThat(wayWithin(0)).isEqualTo("port");
  }

  @Test
  void givenCallUnderWay_whenVsockBreaks_thenItFailsOnce_andThePortCarriesTheNextWithinTwoSeconds()
      throws Exception {
    vsock.come();
    pass(1_000);
    carriedOut.clear();
    ListenableFuture<PongResponse> call = ping(HANGS);
    vsock.breakOff();
    executor.runAll();

    assertThat(failure(call)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(carriedOut).containsExactly("vsock");
    assertThat(wayWithin(2_000)).isEqualTo("port");
  }

  @Test
  void givenVsockThatSaysNothing_thenThePortCarriesTheCallWithinTwoSeconds() {
    pass(100);
    vsock.comeSilently();
    // The host goes over to it, in a quiet moment, and a call is made while nothing answers.
    pass(700);
    assertThat(vsock.hasArrived()).isFalse();

    assertThat(wayWithin(2_000)).isEqualTo("port");
  }

  @Test
  void givenVsockSessionThatFallsSilent_thenItsCallFails_andThePortIsTaken() throws Exception {
    pass(100);
    vsock.come();
    pass(1_000);
    carriedOut.clear();
    ListenableFuture<PongResponse> call = ping(HANGS);
    Objects.requireNonNull(vsock.ofAgent).outgoing().hold();
    pass(41_000);
    assertThat(failure(call)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(carriedOut).containsExactly("vsock");
    pass(5_000);

    assertThat(wayWithin(0)).isEqualTo("port");
  }

  @Test
  void givenAgentThatComesBackOverVsock_thenTheHostReturnsInAQuietMoment() {
    assertThat(wayWithin(0)).isEqualTo("port");
    pass(5_000);
    vsock.come();

    assertThat(wayWithin(0)).isEqualTo("port");
    pass(1_000);
    assertThat(wayWithin(0)).isEqualTo("vsock");
  }

  @Test
  void givenCallThatWaits_whenTheHostReturns_thenItFailsAndIsNotRepeated() throws Exception {
    pass(100);
    ListenableFuture<PongResponse> call = ping(HANGS);
    vsock.come();
    pass(2_000);

    assertThat(failure(call)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(carriedOut).containsExactly("port");
    assertThat(wayWithin(0)).isEqualTo("vsock");
  }

  @Test
  void givenTrafficWithoutAPause_thenTheHostReturnsAfterTenSeconds() {
    pass(100);
    vsock.come();
    List<String> ways = new ArrayList<>();
    for (int i = 0; i < 130; i++) {
      ListenableFuture<PongResponse> call = ping(1);
      pass(100);
      if (call.isDone()) {
        ways.add(carriedOut.get(carriedOut.size() - 1));
      }
    }

    assertThat(ways.subList(0, 95)).containsOnly("port");
    assertThat(ways.get(ways.size() - 1)).isEqualTo("vsock");
  }

  @Test
  void givenVsockThatBreaksAgainAndAgain_thenItIsLeftAloneForLongerAndLonger() {
    pass(100);
    int returns = 0;
    for (int second = 0; second < 300; second++) {
      if (!vsock.hasArrived()) {
        vsock.come();
      }
      pass(1_000);
      if (wayWithin(500).equals("vsock")) {
        returns++;
        vsock.breakOff();
      }
    }

    // Pauses of 1, 2, 4 … 60 seconds; without them it would be every other second.
    assertThat(returns).isBetween(6, 16);
  }

  @Test
  void givenNeitherWay_thenTheFailureNamesBoth_andVsockIsTakenOnceItComes() {
    portThere = false;
    Objects.requireNonNull(portOfAgent).close();
    pass(1_000);

    assertThat(channel.lastFailure().getDescription())
        .isEqualTo("no agent has come over vsock; and: no port");
    vsock.come();
    channel.resetConnectBackoff();
    assertThat(wayWithin(0)).isEqualTo("vsock");
  }
}
