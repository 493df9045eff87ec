package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.v1peer.CannedAnswers;
import com.limiquantix.agent.app.v1peer.ProtoWriter;
import com.limiquantix.agent.app.v1peer.V1Agent;
import com.limiquantix.agent.app.v1peer.V1Fields;
import com.limiquantix.agent.app.v1peer.V1Frames;
import com.limiquantix.agent.app.v1peer.V1Payload;
import com.limiquantix.agent.app.v1peer.V1Requests;
import com.limiquantix.agent.protocol.health.v1.HealthCheckRequest;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.FileReadRequest;
import com.limiquantix.agent.protocol.v1.FileReadResponse;
import com.limiquantix.agent.protocol.v1.FileServiceGrpc;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.LifecycleServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.ShutdownRequest;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our host library against a deployed version 1 agent, through the stubs that callers use. */
@Timeout(60)
final class V1AgentAgainstHostTest {
  private static final int MIB = 1 << 20;

  private final Path socket;
  private final Opened opened = new Opened();
  private final Harness host = opened.add(new Harness());

  V1AgentAgainstHostTest(@TempDir Path directory) {
    this.socket = directory.resolve("a.sock");
  }

  @AfterEach
  void end() throws Exception {
    opened.close();
  }

  private V1Agent agent() throws IOException {
    return opened.add(V1Agent.listen(socket));
  }

  private AgentChannel channel() throws IOException {
    return host.hurriedUnix(socket);
  }

  /** Asserts that a call which waits until there is an agent is served. */
  private static void assertServed(AgentChannel channel) {
    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .withWaitForReady()
                .ping(PingRequest.newBuilder().setSequence(7).build())
                .getSequence())
        .isEqualTo(7);
  }

  private static ExecuteRequest command(String line) {
    return ExecuteRequest.newBuilder().setCommand(line).setWaitForExit(true).build();
  }

  private static ListenableFuture<ExecuteResponse> execute(AgentChannel channel, String line) {
    return ExecServiceGrpc.newFutureStub(channel).execute(command(line));
  }

  private static Status failure(ThrowingCallable call) {
    StatusRuntimeException failed = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failed).as("a failed call").isNotNull();
    return failed.getStatus();
  }

  private static Status failure(ListenableFuture<?> call) throws InterruptedException {
    try {
      throw new AssertionError("a call that should have failed answered " + call.get());
    } catch (ExecutionException e) {
      return Status.fromThrowable(e);
    }
  }

  private static void awaitReady(AgentChannel channel) throws InterruptedException {
    ConnectivityState state = channel.getState(true);
    while (state != ConnectivityState.READY) {
      CountDownLatch changed = new CountDownLatch(1);
      channel.notifyWhenStateChanged(state, changed::countDown);
      assertThat(changed.await(20, TimeUnit.SECONDS)).as("still %s", state).isTrue();
      state = channel.getState(true);
    }
  }

  @Test
  void givenAnAgentThatSaysItIsReady_thenTheChannelIsReadyAfterAFewUnansweredHellos()
      throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = host.unix(socket);
    long begin = System.nanoTime();

    awaitReady(channel);

    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).isLessThan(4_000);
    assertThat(agent.hellos()).isGreaterThan(1);
    assertServed(channel);
  }

  @Test
  void givenAnAgentThatHasBeenReadyForLong_thenItsPongMakesTheChannelReady() throws Exception {
    V1Agent agent = opened.add(V1Agent.listenSilently(socket));

    assertServed(channel());

    assertThat(agent.hellos()).isGreaterThan(1);
  }

  @Test
  void pingCapabilitiesCommandsAndFilesWorkThroughTheUsualStubs() throws Exception {
    agent();
    AgentChannel channel = channel();

    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .ping(PingRequest.newBuilder().setSequence(3).build())
                .getVersion())
        .isEqualTo(CannedAnswers.VERSION);
    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
                .getFeaturesMap())
        .containsEntry("telemetry", "true");
    assertThat(execute(channel, "uname").get().getStdout()).isEqualTo("ran uname");
    FileReadResponse content =
        FileServiceGrpc.newBlockingStub(channel)
            .fileRead(FileReadRequest.newBuilder().setPath(CannedAnswers.FILE).build());
    assertThat(content.getData().toStringUtf8()).isEqualTo(CannedAnswers.FILE_CONTENT);
    assertThat(content.getEof()).isTrue();
  }

  @Test
  void whatFailsHasTheCodeThatItsTextBeginsWithOrUnknown() throws Exception {
    agent();
    AgentChannel channel = channel();

    Status coded = failure(execute(channel, CannedAnswers.FAIL + "NOT_FOUND: no such program"));
    assertThat(coded.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(coded.getDescription()).isEqualTo("no such program");
    Status free = failure(execute(channel, CannedAnswers.FAIL + "fork failed"));
    assertThat(free.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(free.getDescription()).isEqualTo("fork failed");
    Status file =
        failure(
            () ->
                FileServiceGrpc.newBlockingStub(channel)
                    .fileRead(FileReadRequest.newBuilder().setPath("/missing").build()));
    assertThat(file.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(file.getDescription()).contains("/missing: no such file or directory");
    Status shutdown =
        failure(
            () ->
                LifecycleServiceGrpc.newBlockingStub(channel)
                    .shutdown(ShutdownRequest.getDefaultInstance()));
    assertThat(shutdown.getDescription()).contains("too old");
    assertServed(channel);
  }

  @Test
  void whatVersion1LacksFailsWithUnimplementedAndTheAgentIsNotAsked() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();

    Status status =
        failure(
            () ->
                HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance()));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(status.getDescription()).containsAnyOf("version 1", "v1");
  }

  @Test
  void aSubscriptionDeliversWhatTheAgentPushes() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    Iterator<Event> events =
        EventServiceGrpc.newBlockingStub(channel).subscribe(SubscribeRequest.getDefaultInstance());

    Event ready = events.next();
    assertThat(ready.getAgentReady().getVersion()).isEqualTo(CannedAnswers.VERSION);
    assertThat(ready.getAgentReady().getHostname()).isEqualTo(CannedAnswers.HOSTNAME);
    agent.push(V1Payload.TELEMETRY, CannedAnswers.telemetry(12.5));
    Event report = events.next();
    assertThat(report.getTelemetry().getCpuUsagePercent()).isEqualTo(12.5);
    agent.push(V1Payload.ERROR, CannedAnswers.error("DISK_FULL", "no space left"));
    Event error = events.next();
    assertThat(error.getError().getCode()).isEqualTo("DISK_FULL");
    assertThat(error.getError().getDetailsMap()).containsEntry("where", "disk");
    assertThat(List.of(ready.getSequence(), report.getSequence(), error.getSequence()))
        .containsExactly(1L, 2L, 3L);
  }

  @Test
  void answersAreMatchedByTheirIdsInWhateverOrderTheyCome() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();
    List<ListenableFuture<ExecuteResponse>> calls = new ArrayList<>();
    List<V1Agent.Request> requests = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      calls.add(execute(channel, "number " + i));
    }
    for (int i = 0; i < 50; i++) {
      requests.add(agent.nextRequest(V1Payload.EXECUTE));
    }
    Collections.shuffle(requests, new Random(1));

    for (V1Agent.Request request : requests) {
      request.answer();
    }

    for (int i = 0; i < 50; i++) {
      assertThat(calls.get(i).get().getStdout()).isEqualTo("ran number " + i);
    }
  }

  @Test
  void aCallThatWasGivenUpDropsItsLateAnswer() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = host.unix(socket);
    assertServed(channel);
    agent.holdRequests();
    ListenableFuture<ExecuteResponse> cancelled = execute(channel, "cancelled");
    V1Agent.Request first = agent.nextRequest(V1Payload.EXECUTE);
    cancelled.cancel(true);
    ListenableFuture<ExecuteResponse> late =
        ExecServiceGrpc.newFutureStub(channel)
            .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
            .execute(command("late"));
    V1Agent.Request second = agent.nextRequest(V1Payload.EXECUTE);
    assertThat(failure(late).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);

    agent.answerRequests();
    first.answer();
    second.answer();

    assertServed(channel);
    assertThat(execute(channel, "next").get().getStdout()).isEqualTo("ran next");
  }

  @Test
  void aSecondAnswerAndOneToNobodyAreDropped() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();
    ListenableFuture<ExecuteResponse> call = execute(channel, "once");
    V1Agent.Request request = agent.nextRequest(V1Payload.EXECUTE);

    request.answer();
    request.answer();
    agent.push(V1Payload.EXECUTE, V1Requests.empty());

    assertThat(call.get().getStdout()).isEqualTo("ran once");
    agent.answerRequests();
    assertServed(channel);
  }

  @Test
  void anAnswerOfTheWrongKindFailsItsCallAlone() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();
    ListenableFuture<ExecuteResponse> wrong = execute(channel, "wrong");
    V1Agent.Request request = agent.nextRequest(V1Payload.EXECUTE);
    ListenableFuture<ExecuteResponse> right = execute(channel, "right");

    request.answer(V1Payload.PING.answer(), V1Requests.ping(1));
    agent.nextRequest(V1Payload.EXECUTE).answer();

    assertThat(failure(wrong).getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(right.get().getStdout()).isEqualTo("ran right");
  }

  @Test
  void anErrorUnderTheIdOfARequestFailsIt() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();
    ListenableFuture<ExecuteResponse> call = execute(channel, "refused");

    agent
        .nextRequest(V1Payload.EXECUTE)
        .answer(V1Payload.ERROR.number(), CannedAnswers.error("PERMISSION_DENIED", "not you"));

    Status status = failure(call);
    assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).isEqualTo("not you");
  }

  @Test
  void anAnswerLargerThanTheCallTakesFailsItAlone() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();
    ListenableFuture<ExecuteResponse> call = execute(channel, "large");

    agent
        .nextRequest(V1Payload.EXECUTE)
        .answer(
            V1Payload.EXECUTE.answer(),
            new ProtoWriter().text(V1Fields.Executed.STDOUT, "x".repeat(8 * MIB)));

    assertThat(failure(call).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    agent.answerRequests();
    assertServed(channel);
  }

  @Test
  void whatIsNoFrameIsSkipped() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);

    for (long length : List.of(0L, V1Frames.MAX_LENGTH + 1L, 1_300_000_000L, (1L << 32) - 1)) {
      agent.sendRaw(new byte[] {0x51, 0x54}, V1Frames.header(length), new byte[100]);
      assertServed(channel);
    }
    agent.sendRaw(V1Frames.frame(new byte[] {(byte) 0xff, (byte) 0xff, 1}));
    assertServed(channel);
  }

  @Test
  void aFloodOfPushesDelaysNoAnswerForEver() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    Iterator<Event> unread =
        EventServiceGrpc.newBlockingStub(channel).subscribe(SubscribeRequest.getDefaultInstance());
    unread.next();

    for (int i = 0; i < 10_000; i++) {
      agent.push(V1Payload.TELEMETRY, CannedAnswers.telemetry(i));
    }
    agent.push(V1Payload.TELEMETRY, CannedAnswers.telemetry(-1));

    assertServed(channel);
    Event newest = unread.next();
    long events = 1;
    long missed = newest.getDropped();
    while (newest.getTelemetry().getCpuUsagePercent() != -1) {
      newest = unread.next();
      events++;
      missed += newest.getDropped();
    }
    assertThat(events + missed).isEqualTo(10_001);
  }

  @Test
  void anAgentThatDiesWithinAnAnswerFailsTheCallsAndTheNextOneIsFound() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    for (int bytes : List.of(1, 7, 8, 30)) {
      agent.holdRequests();
      ListenableFuture<ExecuteResponse> call = execute(channel, "dies");
      ListenableFuture<ExecuteResponse> other = execute(channel, "too");
      agent.nextRequest(V1Payload.EXECUTE);

      agent.nextRequest(V1Payload.EXECUTE).answerPartlyAndDie(bytes);

      assertThat(failure(call).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure(other).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      agent.answerRequests();
      assertServed(channel);
    }
  }

  @Test
  void anAgentThatNeverAnswersFailsNoOtherCall() throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();
    ListenableFuture<ExecuteResponse> never = execute(channel, "never");
    agent.nextRequest(V1Payload.EXECUTE);
    agent.answerRequests();

    assertServed(channel);

    assertThat(never.isDone()).isFalse();
    never.cancel(true);
  }

  @Test
  void givenAnAgentThatSaysAgainThatItIsReady_thenItsCallsAreLostAndVersion2IsTriedAgain()
      throws Exception {
    V1Agent agent = agent();
    AgentChannel channel = channel();
    assertServed(channel);
    agent.holdRequests();
    ListenableFuture<ExecuteResponse> call = execute(channel, "lost");
    agent.nextRequest(V1Payload.EXECUTE);
    agent.answerRequests();
    int before = agent.hellos();

    agent.push(V1Payload.AGENT_READY, CannedAnswers.ready());

    Status status = failure(call);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).contains("restarted");
    assertServed(channel);
    assertThat(agent.hellos()).isGreaterThan(before);
  }

  @Test
  void givenTheAgentIsUpgraded_thenTheChannelGoesOnWithVersion2() throws Exception {
    V1Agent old = V1Agent.listen(socket);
    AgentChannel channel = channel();
    assertServed(channel);
    old.close();

    GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).listenUnix(socket).build();
    opened.add(agent).start();

    assertServed(channel);
    assertThat(channel.peerSoftware()).startsWith("limiquantix-agent");
    assertThat(execute(channel, "echo new").get().getStdout()).isEqualTo("new\n");
  }

  @Test
  void givenTheAgentIsDowngraded_thenTheChannelGoesOnWithVersion1() throws Exception {
    GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).listenUnix(socket).build();
    agent.start();
    AgentChannel channel = channel();
    assertThat(execute(channel, "echo new").get().getStdout()).isEqualTo("new\n");
    agent.close();

    agent();

    assertServed(channel);
    assertThat(execute(channel, "uname").get().getStdout()).isEqualTo("ran uname");
  }
}
