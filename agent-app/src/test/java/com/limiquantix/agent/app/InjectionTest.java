package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.app.v1peer.CannedAnswers;
import com.limiquantix.agent.app.v1peer.ProtoWriter;
import com.limiquantix.agent.app.v1peer.RawLink;
import com.limiquantix.agent.app.v1peer.V1Frames;
import com.limiquantix.agent.app.v1peer.V1Message;
import com.limiquantix.agent.app.v1peer.V1Payload;
import com.limiquantix.agent.app.v1peer.V1Requests;
import com.limiquantix.agent.app.v1peer.V2Frames;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.FileServiceGrpc;
import com.limiquantix.agent.protocol.v1.FileWriteRequest;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.function.LongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Contents that are perfect frames of either version, on a link that loses bytes or its host at any
 * offset: nothing in them is ever executed. Each of the frames would run a command that leaves a
 * mark.
 */
@Timeout(300)
final class InjectionTest {
  /** Wrong, as is every other that is not drawn at random; of ASCII letters. */
  private static final long TOKEN = 0x45_56_49_4C_54_4F_4B_4EL;

  private static final String EXECUTE = ExecServiceGrpc.getExecuteMethod().getFullMethodName();

  /** Coprime to the lengths of all frames, so that their every part is met. */
  private static final int STRIDE = 11;

  /** One loss is found at once or by the next call, and costs the calls of one session. */
  private static final int ATTEMPTS = 3;

  private final Path directory;
  private final Path agentSocket;
  private final Path hostSocket;
  private final Path mark;
  private final Opened opened = new Opened();
  private final Harness harness = opened.add(new Harness());

  InjectionTest(@TempDir Path directory) {
    this.directory = directory;
    this.agentSocket = directory.resolve("agent.sock");
    this.hostSocket = directory.resolve("host.sock");
    this.mark = directory.resolve("mark");
  }

  @AfterEach
  void end() throws Exception {
    opened.close();
  }

  /** What happens to the bytes at an offset. */
  private enum Fault {
    LOSES_A_BYTE(1),
    LOSES_BYTES(13),
    LOSES_THE_HOST(0);

    private final int lost;

    Fault(int lost) {
      this.lost = lost;
    }

    void arm(CuttingProxy.Direction way, long offset) {
      if (lost == 0) {
        way.cutAt(offset);
      } else {
        way.loseAt(offset, lost);
      }
    }
  }

  private void startAgent(GuestAgentBuilder settings) throws IOException {
    HurriedScheduler time = opened.add(new HurriedScheduler(20));
    opened
        .add(settings.listenUnix(agentSocket).scheduler(time).nanoTime(time::nanoTime).build())
        .start();
  }

  private CuttingProxy proxy() throws IOException {
    return opened.add(new CuttingProxy(hostSocket, agentSocket));
  }

  private String evilCommand() {
    return "echo x >>" + mark;
  }

  private byte[] v1(int payload, ProtoWriter body) {
    return V1Frames.frame(V1Message.bytes("evil", Instant.EPOCH, payload, body));
  }

  private byte[] v1Execute() {
    return v1(V1Payload.EXECUTE.number(), V1Requests.shell(evilCommand()));
  }

  /** The first such frame that consists of ASCII characters, and so can be part of a text. */
  private static byte[] ascii(LongFunction<byte[]> frames) {
    for (long number = 1; ; number++) {
      // In each byte of the number only its lower seven bits count up.
      byte[] frame =
          frames.apply(0x41_41_41_41_41_41_00_00L | (number & 0x7f) | (number << 1 & 0x7f00));
      boolean plain = true;
      for (byte one : frame) {
        plain &= one >= 0;
      }
      if (plain) {
        return frame;
      }
    }
  }

  /** Bytes that a session, or an agent that looks for one, must not believe. */
  private byte[] forHosts() {
    return V1Frames.join(
        v1(V1Payload.AGENT_READY.number(), CannedAnswers.ready()),
        v1(V1Payload.PING.answer(), V1Requests.ping(1)),
        ascii(
            number ->
                V2Frames.frame(
                    V2Frames.WELCOME,
                    0,
                    0,
                    0,
                    0,
                    new ProtoWriter().fixed(1, number).fixed(2, TOKEN).number(3, 2).toBytes())),
        ascii(number -> V2Frames.frame(V2Frames.RESET, 0, 0, 0, number, new byte[0])),
        ascii(number -> V2Frames.ping(1, number)));
  }

  private byte[] forAgents() {
    ProtoWriter request = V1Requests.shell(evilCommand());
    return V1Frames.join(
        v1Execute(),
        v1(V1Payload.PING.number(), V1Requests.ping(1)),
        V2Frames.call(1, 1, TOKEN, EXECUTE, request),
        v1Execute(),
        V2Frames.hello(TOKEN),
        V2Frames.call(1, 1, TOKEN, EXECUTE, request),
        V2Frames.call(1, 1, 0, EXECUTE, request),
        v1Execute(),
        V2Frames.hello(TOKEN + 1),
        v1Execute(),
        v1Execute());
  }

  private ListenableFuture<?> writeFile(AgentChannel channel) {
    return FileServiceGrpc.newFutureStub(channel)
        .withWaitForReady()
        .fileWrite(
            FileWriteRequest.newBuilder()
                .setPath(directory.resolve("content").toString())
                .setData(ByteString.copyFrom(forAgents()))
                .setEof(true)
                .build());
  }

  private ListenableFuture<ExecuteResponse> passArguments(AgentChannel channel) {
    String text =
        new String(
            V1Frames.join(v1Execute(), ascii(V2Frames::hello), v1Execute(), v1Execute()),
            StandardCharsets.US_ASCII);
    return ExecServiceGrpc.newFutureStub(channel)
        .withWaitForReady()
        .execute(
            ExecuteRequest.newBuilder()
                .setCommand("/bin/true")
                .addArgs(text)
                .putEnvironment("TEXT", text)
                .setWaitForExit(true)
                .build());
  }

  /** Waits until the call has ended, however it does. */
  private static void awaitEnd(ListenableFuture<?> call) throws InterruptedException {
    try {
      call.get();
    } catch (ExecutionException e) {
      assertThat(Status.fromThrowable(e).getCode())
          .isIn(
              Status.Code.UNAVAILABLE,
              Status.Code.UNIMPLEMENTED,
              Status.Code.INVALID_ARGUMENT,
              Status.Code.PERMISSION_DENIED);
    }
  }

  /** Asserts that calls are served; the first may still learn of the damage. */
  private static void assertServed(AgentChannel channel) {
    Status failure = Status.OK;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        assertThat(
                AgentServiceGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .ping(PingRequest.newBuilder().setSequence(7).build())
                    .getSequence())
            .isEqualTo(7);
        return;
      } catch (StatusRuntimeException e) {
        failure = e.getStatus();
        assertThat(failure.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      }
    }
    throw new AssertionError(ATTEMPTS + " calls failed, the last with " + failure);
  }

  private interface Call {
    ListenableFuture<?> begin(AgentChannel channel);
  }

  /** Makes the call again and again, with the fault one stride further each time. */
  private void tryEveryOffset(Fault fault, int stride, Call call) throws Exception {
    startAgent(GuestAgent.builder(AgentConfig.defaults()));
    CuttingProxy proxy = proxy();
    AgentChannel channel = harness.hurriedVersion2(hostSocket);
    assertServed(channel);
    proxy.toAgent().record();
    awaitEnd(call.begin(channel));
    int length = proxy.toAgent().recorded().length;
    assertThat(length).isGreaterThan(500);
    for (int offset = 0; offset < length; offset += stride) {
      fault.arm(proxy.toAgent(), offset);
      awaitEnd(call.begin(channel));
      proxy.toAgent().heal();
      assertServed(channel);
      assertThat(mark).as("after %s at offset %d", fault, offset).doesNotExist();
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenAFilesContent_thenNothingInItIsExecuted(Fault fault) throws Exception {
    tryEveryOffset(fault, STRIDE, this::writeFile);
  }

  @ParameterizedTest
  @EnumSource
  void givenACommandsArguments_thenNothingInThemIsExecuted(Fault fault) throws Exception {
    tryEveryOffset(fault, STRIDE, this::passArguments);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void givenAFilesContentAndEveryOffset_thenNothingInItIsExecuted(Fault fault) throws Exception {
    tryEveryOffset(fault, 1, this::writeFile);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void givenACommandsArgumentsAndEveryOffset_thenNothingInThemIsExecuted(Fault fault)
      throws Exception {
    tryEveryOffset(fault, 1, this::passArguments);
  }

  @ParameterizedTest
  @EnumSource
  void givenACommandsOutput_thenTheHostGetsItWholeOrNotAtAll(Fault fault) throws Exception {
    tryEveryOffsetOfOutput(fault, 3 * STRIDE);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void givenACommandsOutputAndEveryOffset_thenTheHostGetsItWholeOrNotAtAll(Fault fault)
      throws Exception {
    tryEveryOffsetOfOutput(fault, 1);
  }

  private void tryEveryOffsetOfOutput(Fault fault, int stride) throws Exception {
    startAgent(GuestAgent.builder(AgentConfig.defaults()));
    CuttingProxy proxy = proxy();
    Path file = directory.resolve("evil");
    byte[] content = V1Frames.join(v1Execute(), forHosts(), v1Execute(), forHosts());
    Files.write(file, content);
    AgentChannel channel = harness.hurriedUnix(hostSocket);
    assertServed(channel);
    proxy.toHost().record();
    assertThat(output(channel, file).get().getStdout())
        .isEqualTo(new String(content, StandardCharsets.US_ASCII));
    int length = proxy.toHost().recorded().length;
    for (int offset = 0; offset < length; offset += stride) {
      fault.arm(proxy.toHost(), offset);
      ListenableFuture<ExecuteResponse> call = output(channel, file);
      awaitEnd(call);
      proxy.toHost().heal();
      assertServed(channel);
      assertThat(channel.peerSoftware()).startsWith("limiquantix-agent");
      assertThat(mark).as("after %s at offset %d", fault, offset).doesNotExist();
    }
  }

  private static ListenableFuture<ExecuteResponse> output(AgentChannel channel, Path file) {
    return ExecServiceGrpc.newFutureStub(channel)
        .withWaitForReady()
        .execute(
            ExecuteRequest.newBuilder()
                .setCommand("/bin/cat")
                .addArgs(file.toString())
                .setWaitForExit(true)
                .build());
  }

  /**
   * An agent that is started anew behind a port meets the rest of what its predecessor was sent. It
   * cannot know that, so only what it refuses altogether is safe in general.
   */
  @Test
  void givenVersion2AloneAndARestartWithinAContent_thenNothingInItIsExecuted() throws Exception {
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, "protocols: [v2]\n");
    startAgent(GuestAgent.builder(new ConfigLoader().load(file)));
    byte[] stream = recordedSession();
    for (int offset = 0; offset < stream.length; offset++) {
      assertNothingInIsExecuted(Arrays.copyOfRange(stream, offset, stream.length));
    }
  }

  @Test
  void givenARestartBetweenFrames_thenNothingInWhatFollowsIsExecuted() throws Exception {
    startAgent(GuestAgent.builder(AgentConfig.defaults()));
    byte[] stream = recordedSession();
    int frames = 0;
    for (int at = 0; at < stream.length; at = endOfFrame(stream, at)) {
      assertNothingInIsExecuted(Arrays.copyOfRange(stream, at, stream.length));
      frames++;
    }
    assertThat(frames).isGreaterThan(2);
  }

  /** What a host sends in a call with such a content. */
  private byte[] recordedSession() throws Exception {
    CuttingProxy proxy = proxy();
    AgentChannel channel = harness.hurriedVersion2(hostSocket);
    assertServed(channel);
    proxy.toAgent().record();
    awaitEnd(writeFile(channel));
    return proxy.toAgent().recorded();
  }

  private static int endOfFrame(byte[] stream, int at) {
    return at + 32 + ByteBuffer.wrap(stream).getInt(at + 24);
  }

  /**
   * Sends bytes to a fresh link, and begins a session there to see that all were read. A ping in
   * them would have been answered by then.
   */
  private void assertNothingInIsExecuted(byte[] bytes) throws IOException {
    long nonce = 0x1111_2222_3333_4444L;
    try (RawLink link = RawLink.connect(agentSocket)) {
      link.send(bytes, V2Frames.hello(nonce));
      RawLink.Seen seen = link.next();
      while (seen.type() != V2Frames.WELCOME || seen.payload().fixed(1) != nonce) {
        assertThat(seen.v1Payload()).isIn(0, V1Payload.AGENT_READY.number());
        seen = link.next();
      }
    }
    assertThat(mark).doesNotExist();
  }
}
