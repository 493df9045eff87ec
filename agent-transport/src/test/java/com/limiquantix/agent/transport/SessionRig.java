package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.fault.Faults;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A channel and a server over links with faults, in time that the test moves. Every call has a
 * number of its own, and it is written down what became of it on either side.
 */
final class SessionRig implements AutoCloseable {
  /** What all messages of one side may take. */
  static final int BUDGET_BYTES = 4 << 20;

  /** What a link keeps beside messages: what may wait for the peer, and one frame of it. */
  private static final int KEPT_BYTES =
      TransportLimits.DEFAULT.maxQueuedControlBytes()
          + TransportLimits.DEFAULT.maxFramePayloadBytes()
          + 100;

  /** The number of a ping of version 1 that may lie in contents. */
  static final int UNASKED_PING = 666;

  private static final int STEP_MILLIS = 10;

  private final ManualExecutor executor = new ManualExecutor();
  private final FakeTimers timers = new FakeTimers();
  private final BufferBudget hostBudget = new BufferBudget(BUDGET_BYTES);
  private final BufferBudget agentBudget = new BufferBudget(BUDGET_BYTES);
  private final NumberedService service = new NumberedService();
  private final List<String> misled = new ArrayList<>();
  private final List<Asked> asked = new ArrayList<>();
  private final Wires wires;
  private final AgentChannel channel;
  private AgentServer server;
  private int agents;

  /** A call and what became of it. */
  final class Asked {
    private final long number;
    private final byte[] contents;
    private int answers;
    private @Nullable Status status;

    private Asked(byte[] contents) {
      this.number = 1L + asked.size();
      this.contents = contents;
      asked.add(this);
    }

    long number() {
      return number;
    }

    boolean isDone() {
      return status != null;
    }

    /** How it ended. */
    Status status() {
      if (status == null) {
        throw new IllegalStateException("call " + number + " has not ended");
      }
      return status;
    }

    private void onAnswer(byte[] answer, int index, byte[] expected) {
      boolean right = Arrays.equals(answer, NumberedService.message(number, index, expected));
      if (!right || answers != index) {
        misled.add("answer %d of call %d is not what it has to be".formatted(answers, number));
      }
      answers++;
    }
  }

  /**
   * @param links makes the links, whose callbacks run in the executor
   */
  SessionRig(Function<ManualExecutor, Wires> links) throws Exception {
    wires = links.apply(executor);
    server = newServer();
    wires.agentComes(server::serve);
    channel =
        AgentChannel.builder(wires::dial, executor, timers)
            .budget(hostBudget)
            .random(new Random(1))
            .keepConnected(true)
            .build();
    assertUsable();
  }

  private AgentServer newServer() {
    return AgentServer.builder(executor, timers)
        .protocols(EnumSet.allOf(ProtocolVersion.class))
        .budget(agentBudget)
        .random(new Random(1_000 + agents++))
        .addService(service.definition())
        .addService(new Pings())
        .addService(new Events())
        .build()
        .start();
  }

  /** Answers pings, and writes down those that nobody has sent. */
  private final class Pings extends AgentServiceGrpc.AgentServiceImplBase {
    @Override
    public void ping(PingRequest request, StreamObserver<PongResponse> answer) {
      if (request.getSequence() == UNASKED_PING) {
        misled.add("a ping that nobody sent was answered");
      }
      answer.onNext(PongResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }

  /** Tells each subscriber that the agent is ready, as agents do to hosts of version 1. */
  private static final class Events extends EventServiceGrpc.EventServiceImplBase {
    @Override
    public void subscribe(SubscribeRequest request, StreamObserver<Event> events) {
      ((ServerCallStreamObserver<Event>) events).setOnCancelHandler(() -> {});
      events.onNext(Event.newBuilder().setAgentReady(AgentReadyEvent.getDefaultInstance()).build());
    }
  }

  Wires wires() {
    return wires;
  }

  /** Faults of what the host sends. */
  Faults toAgent() {
    return wires.hostEnd().outgoing();
  }

  /** Faults of what the agent sends. */
  Faults toHost() {
    return wires.hostEnd().incoming();
  }

  /** The agent's process dies without a word. */
  void agentDies() throws Exception {
    wires.agentEnd().vanish(null);
    settle();
  }

  /** The agent's process ends in order. */
  void agentEnds() throws Exception {
    server.shutdownNow();
    settle();
  }

  /** Another process of the agent begins. */
  void agentStarts() throws Exception {
    server = newServer();
    wires.agentComes(server::serve);
    settle();
  }

  /** The host's process dies without a word; another one comes soon, by the channel's own doing. */
  void hostDies() {
    wires.hostEnd().vanish(null);
  }

  /** Lets everything happen that happens without time passing. */
  void settle() throws Exception {
    executor.runAll();
    // In this order: what is not under way any more has become a task before.
    while (wires.busy() || executor.hasTasks()) {
      executor.runNext();
      executor.runAll();
    }
    assertThat(server.keptBytes()).as("bytes that the agent keeps").isLessThan(KEPT_BYTES);
    assertThat(channel.keptBytes()).as("bytes that the host keeps").isLessThan(KEPT_BYTES);
  }

  private void settleUnchecked() {
    try {
      settle();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets {@code tasks} more steps happen, or as many as there are. */
  void settlePartly(int tasks) throws Exception {
    for (int i = 0; i < tasks && (executor.hasTasks() || wires.busy()); i++) {
      executor.runNext();
    }
  }

  /** Lets time pass, and what belongs to it happen. */
  void pass(long millis) {
    timers.advance(millis, this::settleUnchecked);
  }

  private <Q, R> ClientCall<Q, R> call(MethodDescriptor<Q, R> method) {
    return channel.newCall(method, CallOptions.DEFAULT.withWaitForReady());
  }

  /** A unary call. */
  Asked echo(byte[] contents) {
    Asked call = new Asked(contents);
    ClientCalls.asyncUnaryCall(
        call(NumberedService.ECHO),
        NumberedService.message(call.number, 0, contents),
        new Answers(call, contents));
    return call;
  }

  Asked echo(int bytes) {
    return echo(new byte[bytes]);
  }

  /** A call that is not answered. */
  Asked hang() {
    Asked call = new Asked(new byte[0]);
    ClientCalls.asyncUnaryCall(
        call(NumberedService.WAIT),
        NumberedService.message(call.number, 0, call.contents),
        new Answers(call, call.contents));
    return call;
  }

  /** A call that is sent {@code count} messages. */
  Asked download(int count, byte[] contents) {
    Asked call = new Asked(contents);
    ClientCalls.asyncServerStreamingCall(
        call(NumberedService.DOWNLOAD),
        NumberedService.message(call.number, count, contents),
        new Answers(call, contents));
    return call;
  }

  /** A call that sends {@code count} messages. */
  Asked upload(int count, byte[] contents) {
    Asked call = new Asked(contents);
    ClientCalls.asyncClientStreamingCall(
        call(NumberedService.UPLOAD), new Uploading(call, count, contents));
    return call;
  }

  private static class Answers implements StreamObserver<byte[]> {
    private final Asked call;
    private final byte[] expected;
    private int next;

    Answers(Asked call, byte[] expected) {
      this.call = call;
      this.expected = expected;
    }

    @Override
    public void onNext(byte[] answer) {
      call.onAnswer(answer, next++, expected);
    }

    @Override
    public void onError(Throwable failure) {
      call.status = Status.fromThrowable(failure);
    }

    @Override
    public void onCompleted() {
      call.status = Status.OK;
    }
  }

  private static final class Uploading implements ClientResponseObserver<byte[], byte[]> {
    private final Asked call;
    private final int count;
    private final byte[] contents;
    private int sent;

    Uploading(Asked call, int count, byte[] contents) {
      this.call = call;
      this.count = count;
      this.contents = contents;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<byte[]> requests) {
      requests.setOnReadyHandler(
          () -> {
            while (requests.isReady() && sent < count) {
              requests.onNext(NumberedService.message(call.number, sent++, contents));
              if (sent == count) {
                requests.onCompleted();
              }
            }
          });
    }

    @Override
    public void onNext(byte[] answer) {
      call.answers = count;
      call.onAnswer(answer, count, new byte[0]);
    }

    @Override
    public void onError(Throwable failure) {
      call.status = Status.fromThrowable(failure);
    }

    @Override
    public void onCompleted() {
      call.status = Status.OK;
    }
  }

  /** Calls of all kinds at once. */
  List<Asked> traffic() {
    byte[] contents = new byte[5_000];
    new Random(asked.size()).nextBytes(contents);
    List<Asked> calls = new ArrayList<>();
    calls.add(upload(30, contents));
    calls.add(download(30, contents));
    for (int i = 0; i < 5; i++) {
      calls.add(echo(contents));
    }
    return calls;
  }

  /** Lets time pass until the call has ended. */
  void await(Asked call, long millis) {
    long end = timers.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    settleUnchecked();
    while (!call.isDone()) {
      assertThat(timers.nanoTime()).as("call %d within %d ms", call.number, millis).isLessThan(end);
      pass(STEP_MILLIS);
    }
  }

  /**
   * Within a second from now a call succeeds, however many were lost with their session before; all
   * calls that were under way have ended by then.
   */
  void assertUsable() {
    long end = timers.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    Status status;
    do {
      Asked call = echo(10);
      await(call, TimeUnit.NANOSECONDS.toMillis(end - timers.nanoTime()));
      status = call.status();
    } while (status.getCode() == Status.Code.UNAVAILABLE);
    assertThat(status).isEqualTo(Status.OK);
    assertNothingMisled();
  }

  /** What holds at any time: nothing twice, nothing for the wrong call, nothing unasked. */
  void assertNothingMisled() {
    assertThat(service.misled()).isEmpty();
    assertThat(misled).isEmpty();
    service
        .carriedOut()
        .forEach(
            (number, times) -> {
              assertThat(number)
                  .as("a call that was never made")
                  .isBetween(1L, (long) asked.size());
              assertThat(times).as("executions of call %d", number).isEqualTo(1);
            });
    for (Asked call : asked) {
      if (call.isDone() && call.status().isOk()) {
        assertThat(service.timesCarriedOut(call.number)).as("call %d", call.number).isEqualTo(1);
      }
    }
  }

  /** Ends everything; afterwards nothing may be left. */
  @Override
  public void close() throws IOException {
    assertNothingMisled();
    channel.shutdownNow();
    server.shutdownNow();
    pass(1_100);
    for (Asked call : asked) {
      assertThat(call.isDone()).as("call %d has ended", call.number).isTrue();
    }
    assertThat(channel.isTerminated()).isTrue();
    assertThat(server.isTerminated()).isTrue();
    assertThat(hostBudget.usedBytes()).as("budget of the host").isZero();
    assertThat(agentBudget.usedBytes()).as("budget of the agent").isZero();
    wires.close();
  }
}
