package com.limiquantix.agent.transport.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.protocol.health.v1.HealthCheckRequest;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.FileReadRequest;
import com.limiquantix.agent.protocol.v1.FileReadResponse;
import com.limiquantix.agent.protocol.v1.FileServiceGrpc;
import com.limiquantix.agent.protocol.v1.FileWriteRequest;
import com.limiquantix.agent.protocol.v1.FileWriteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.session.RawPeer;
import com.limiquantix.agent.transport.link.InProcessLink;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Our host and our agent, where one of them or both speak version 1 alone. */
@Timeout(60)
class Version1Test {
  private static final Set<ProtocolVersion> V1 = EnumSet.of(ProtocolVersion.V1);
  private static final Set<ProtocolVersion> V2 = EnumSet.of(ProtocolVersion.V2);
  private static final Set<ProtocolVersion> BOTH = EnumSet.allOf(ProtocolVersion.class);

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final SystemTimers timers = new SystemTimers("test-timers");
  private final BufferBudget agentBudget = new BufferBudget(32 << 20);
  private final BufferBudget hostBudget = new BufferBudget(32 << 20);
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private final List<AgentServer> agents = new ArrayList<>();
  private final List<AgentChannel> channels = new ArrayList<>();

  @AfterEach
  void end() throws Exception {
    for (AgentChannel channel : channels) {
      channel.shutdownNow();
      assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
    for (AgentServer agent : agents) {
      agent.shutdownNow();
      assertThat(agent.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(agentBudget.usedBytes()).as("what the agent still holds").isZero();
    assertThat(hostBudget.usedBytes()).as("what the host still holds").isZero();
    timers.close();
    executor.shutdownNow();
  }

  private AgentServer agent(Set<ProtocolVersion> protocols) {
    AgentServer agent =
        AgentServer.builder(executor, timers)
            .protocols(protocols)
            .budget(agentBudget)
            .addService(new Pings())
            .addService(new Commands())
            .addService(new Files())
            .addService(new Events())
            .build()
            .start();
    agents.add(agent);
    return agent;
  }

  private AgentChannel host(AgentServer agent, Set<ProtocolVersion> protocols) {
    AgentChannel channel =
        AgentChannel.builder(
                () -> {
                  InProcessLink.Pair pair = InProcessLink.pair("test", executor);
                  agent.serve(pair.second());
                  return pair.first();
                },
                executor,
                timers)
            .protocols(protocols)
            .budget(hostBudget)
            .answerTimeout(Duration.ofSeconds(1))
            .build();
    channels.add(channel);
    return channel;
  }

  private static final class Pings extends AgentServiceGrpc.AgentServiceImplBase {
    @Override
    public void ping(PingRequest request, StreamObserver<PongResponse> answers) {
      answers.onNext(PongResponse.newBuilder().setSequence(request.getSequence()).build());
      answers.onCompleted();
    }
  }

  private final class Commands extends ExecServiceGrpc.ExecServiceImplBase {
    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> answers) {
      if (request.getCommand().equals("hang")) {
        ((ServerCallStreamObserver<ExecuteResponse>) answers)
            .setOnCancelHandler(cancelled::countDown);
        begun.countDown();
        return;
      }
      answers.onNext(ExecuteResponse.newBuilder().setStdout(request.getCommand()).build());
      answers.onCompleted();
    }
  }

  private static final class Files extends FileServiceGrpc.FileServiceImplBase {
    @Override
    public void fileRead(FileReadRequest request, StreamObserver<FileReadResponse> answers) {
      if (request.getLength() == 0) {
        answers.onError(Status.NOT_FOUND.withDescription("no " + request.getPath()).asException());
        return;
      }
      ByteString data = ByteString.copyFrom(new byte[(int) request.getLength()]);
      answers.onNext(FileReadResponse.newBuilder().setSuccess(true).setData(data).build());
      answers.onCompleted();
    }
  }

  private static final class Events extends EventServiceGrpc.EventServiceImplBase {
    @Override
    public void subscribe(SubscribeRequest request, StreamObserver<Event> answers) {
      answers.onNext(
          Event.newBuilder()
              .setAgentReady(AgentReadyEvent.newBuilder().setVersion("7.8").setHostname("guest"))
              .build());
    }
  }

  private static long ping(AgentChannel channel, long sequence) {
    return AgentServiceGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .ping(PingRequest.newBuilder().setSequence(sequence).build())
        .getSequence();
  }

  @Test
  void givenEveryMixOfVersions_whenTheyHaveOneInCommon_thenCallsWork() {
    for (Set<ProtocolVersion> guest : List.of(V1, V2, BOTH)) {
      for (Set<ProtocolVersion> host : List.of(V1, V2, BOTH)) {
        if (guest.equals(BOTH) || host.equals(BOTH) || guest.equals(host)) {
          AgentChannel channel = host(agent(guest), host);
          assertThat(ping(channel, 5)).as("agent %s, host %s", guest, host).isEqualTo(5);
          boolean first = guest.equals(V1) || host.equals(V1);
          assertThat(channel.peerSoftware().contains("version 1")).isEqualTo(first);
        }
      }
    }
  }

  @Test
  void givenNoVersionInCommon_thenTheCallFailsUnavailable() {
    AgentChannel channel = host(agent(V2), V1);

    assertThatThrownBy(
            () ->
                AgentServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .ping(PingRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("UNAVAILABLE");
  }

  @Test
  void givenVersion1_whenAHandlerFails_thenCodeAndTextArrive() {
    AgentChannel channel = host(agent(V1), BOTH);

    assertThatThrownBy(
            () ->
                FileServiceGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .fileRead(FileReadRequest.newBuilder().setPath("/x").build()))
        .hasMessage("NOT_FOUND: no /x");
  }

  @Test
  void givenVersion1_whenAMethodIsNewerThanIt_thenUnimplementedSaysSo() {
    AgentChannel channel = host(agent(V1), BOTH);

    assertThatThrownBy(
            () ->
                HealthGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .check(HealthCheckRequest.getDefaultInstance()))
        .hasMessageStartingWith("UNIMPLEMENTED: the agent speaks version 1 of the protocol");
  }

  @Test
  void givenVersion1_whenAnAnswerIsLarge_thenItArrivesWhole() {
    AgentChannel channel = host(agent(V1), V1);
    FileReadResponse answer =
        FileServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withMaxInboundMessageSize(16 << 20)
            .fileRead(FileReadRequest.newBuilder().setLength(6 << 20).build());

    assertThat(answer.getData().size()).isEqualTo(6 << 20);
  }

  @Test
  void givenVersion1_whenAHundredAreAskedAtOnce_thenEachGetsItsOwnAnswer() throws Exception {
    AgentChannel channel = host(agent(V1), V1);
    ping(channel, 0);
    List<Future<Long>> answers = new ArrayList<>();
    for (long i = 1; i <= 100; i++) {
      long sequence = i;
      answers.add(executor.submit(() -> ping(channel, sequence)));
    }
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(i + 1L);
    }
  }

  @Test
  void givenVersion1_whenSubscribed_thenPushesArriveAsEvents() {
    AgentChannel channel = host(agent(V1), BOTH);
    Iterator<Event> events =
        EventServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .subscribe(SubscribeRequest.getDefaultInstance());

    Event first = events.next();

    assertThat(first.getAgentReady().getHostname()).isEqualTo("guest");
    assertThat(first.getSequence()).isEqualTo(1);
    assertThat(channel.peerSoftware()).contains("7.8");
  }

  @Test
  void givenVersion1_whenTheHostGoes_thenWhatItWaitsForIsCancelled() throws Exception {
    AgentChannel channel = host(agent(V1), V1);
    ping(channel, 1);
    Future<?> call =
        executor.submit(
            () ->
                ExecServiceGrpc.newBlockingStub(channel)
                    .execute(ExecuteRequest.newBuilder().setCommand("hang").build()));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    channel.shutdownNow();

    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void givenVersion1_whenADeadlinePasses_thenTheCallEndsAndTheNextWorks() {
    AgentChannel channel = host(agent(V1), V1);
    ping(channel, 1);

    assertThatThrownBy(
            () ->
                ExecServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                    .execute(ExecuteRequest.newBuilder().setCommand("hang").build()))
        .hasMessageStartingWith("DEADLINE_EXCEEDED");
    assertThat(ping(channel, 2)).isEqualTo(2);
  }

  @Test
  void givenVersion1_whenTheAgentRestarts_thenWhoSubscribesAfterwardsHearsOfIt() {
    InProcessLink.Pair pair = InProcessLink.pair("test", executor);
    RawPeer agent = RawPeer.agent(pair.second());
    AgentChannel channel =
        AgentChannel.builder(pair::first, executor, timers)
            .protocols(V1)
            .budget(hostBudget)
            .keepConnected(true)
            .build();
    channels.add(channel);

    agent.send(ready("1"));
    Iterator<Event> events = subscribed(channel);
    assertThat(events.next().getAgentReady().getVersion()).isEqualTo("1");
    agent.send(ready("2"));
    assertThatThrownBy(
            () -> {
              while (true) {
                events.next();
              }
            })
        .hasMessageStartingWith("UNAVAILABLE");

    assertThat(subscribed(channel).next().getAgentReady().getVersion()).isEqualTo("2");
  }

  @Test
  void givenAVersion1AgentThatDoesNotRead_thenWhatWaitsForItCountsAgainstTheBudget()
      throws Exception {
    BlockingQueue<Runnable> unsent = new LinkedBlockingQueue<>();
    V1HostRole role =
        new V1HostRole(
            (frame, left) -> left != null && unsent.add(left),
            timers,
            Clock.systemUTC(),
            hostBudget,
            TransportLimits.DEFAULT,
            1 << 20);
    AgentChannel channel =
        AgentChannel.builder(role::connect, executor, timers)
            .protocols(V2)
            .budget(new BufferBudget(1 << 20))
            .build();
    channels.add(channel);
    Future<FileWriteResponse> call =
        FileServiceGrpc.newFutureStub(channel)
            .withWaitForReady()
            .fileWrite(
                FileWriteRequest.newBuilder()
                    .setData(ByteString.copyFrom(new byte[300_000]))
                    .build());

    Runnable left = unsent.take();
    call.cancel(true);

    assertThat(hostBudget.usedBytes()).isGreaterThan(300_000);
    left.run();
    role.end(Status.UNAVAILABLE);
  }

  private static byte[] ready(String version) {
    return V1Frames.of(
        AgentMessage.newBuilder()
            .setMessageId(version)
            .setAgentReady(AgentReadyEvent.newBuilder().setVersion(version))
            .build());
  }

  private static Iterator<Event> subscribed(AgentChannel channel) {
    return EventServiceGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .subscribe(SubscribeRequest.getDefaultInstance());
  }
}
