package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.MetadataEntry;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.protocol.v2.SessionLimits;
import com.limiquantix.agent.protocol.v2.Welcome;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.internal.session.RawPeer;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.ManualExecutor;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a channel does about an agent that breaks the rules of calls. */
class RuleBreakingAgentTest {
  private static final ResponseHeaders HEADERS = ResponseHeaders.getDefaultInstance();
  private static final MetadataEntry ILLEGAL =
      MetadataEntry.newBuilder().setKey("No Key!").setValue(ByteString.EMPTY).build();
  private static final byte[] ANSWER = NumberedService.message(7, 0, new byte[10]);

  private final ManualExecutor executor = new ManualExecutor();
  private final FakeTimers timers = new FakeTimers();
  private final BufferBudget budget = new BufferBudget(1 << 20);
  private final InProcessLink.Pair pair = InProcessLink.pair("test", executor);
  private final RawPeer agent = RawPeer.agent(pair.second());
  private final AgentChannel channel =
      AgentChannel.builder(pair::first, executor, timers)
          .budget(budget)
          .random(new Random(1))
          .keepConnected(true)
          .build();
  private ListenableFuture<byte[]> call;

  @BeforeEach
  void begin() {
    executor.runAll();
    agent.welcome((Frame.Hello) agent.heard().get(0), 5);
    executor.runAll();
    call = ask();
  }

  private ListenableFuture<byte[]> ask() {
    ListenableFuture<byte[]> asked =
        ClientCalls.futureUnaryCall(
            channel.newCall(NumberedService.ECHO, CallOptions.DEFAULT), ANSWER);
    executor.runAll();
    agent.heard();
    return asked;
  }

  private Status status() throws InterruptedException {
    assertThat(call.isDone()).isTrue();
    try {
      call.get();
      return Status.OK;
    } catch (ExecutionException e) {
      return Status.fromThrowable(e);
    }
  }

  private void assertNewSession() throws InterruptedException {
    executor.runAll();
    assertThat(status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status().getDescription()).contains("the session was damaged");
    assertThat(budget.usedBytes()).isZero();
    assertThat(agent.heard()).hasSize(1).first().isInstanceOf(Frame.Hello.class);
  }

  @Test
  void givenAnswer_whenItsHeadersComeTwice_thenNewSession() throws Exception {
    agent.send(new Frame.Headers(1, HEADERS));
    agent.send(new Frame.Headers(1, HEADERS));
    assertNewSession();
  }

  @Test
  void givenAnswer_whenItsHeadersComeBehindAMessage_thenNewSession() throws Exception {
    agent.send(Frames.message(1, ANSWER));
    agent.send(new Frame.Headers(1, HEADERS));
    assertNewSession();
  }

  @Test
  void givenHalfAMessage_whenTheCallEnds_thenNewSession() throws Exception {
    agent.send(new Frame.Headers(1, HEADERS));
    agent.send(new Frame.Message(1, 1_000, false, ByteBuffer.allocate(10)));
    agent.send(new Frame.Trailers(1, CallTrailers.getDefaultInstance()));
    assertNewSession();
  }

  @Test
  void givenAgent_whenItOpensACall_thenNewSession() throws Exception {
    agent.send(Frames.open(9, "a.B/C"));
    assertNewSession();
  }

  @Test
  void givenIllegalKeyInHeaders_whenTheyArrive_thenTheCallFailsAndTheSessionGoesOn()
      throws Exception {
    agent.send(new Frame.Headers(1, HEADERS.toBuilder().addMetadata(ILLEGAL).build()));
    executor.runAll();

    assertThat(status().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(agent.heard()).hasSize(1).first().isInstanceOf(Frame.Cancel.class);
    assertAnotherCallWorks();
  }

  @Test
  void givenIllegalKeyInTrailers_whenTheyArrive_thenTheCallFailsAndTheSessionGoesOn()
      throws Exception {
    agent.send(new Frame.Trailers(1, CallTrailers.newBuilder().addMetadata(ILLEGAL).build()));
    executor.runAll();

    assertThat(status().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertAnotherCallWorks();
  }

  private void assertAnotherCallWorks() throws InterruptedException {
    call = ask();
    agent.send(new Frame.Headers(2, HEADERS));
    agent.send(Frames.message(2, ANSWER));
    agent.send(new Frame.Trailers(2, CallTrailers.getDefaultInstance()));
    executor.runAll();
    assertThat(status()).isEqualTo(Status.OK);
  }

  @Test
  void givenAgentThatTakesAnyHeaders_whenThoseOfACallFillNoFrame_thenOnlyItFails()
      throws Exception {
    agent.send(new byte[] {0});
    executor.runAll();
    Frame.Hello hello = (Frame.Hello) agent.heard().get(0);
    Welcome endless =
        Welcome.newBuilder()
            .setNonce(hello.message().getNonce())
            .setToken(6)
            .setVersion(2)
            .setLimits(
                SessionLimits.newBuilder()
                    .setMaxFramePayloadBytes(-1)
                    .setMaxHeaderBytes(-1)
                    .setMaxCalls(9))
            .build();
    agent.welcome(endless);
    executor.runAll();
    Metadata large = new Metadata();
    large.put(Metadata.Key.of("large", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(200_000));
    call =
        ClientCalls.futureUnaryCall(
            ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(large))
                .newCall(NumberedService.ECHO, CallOptions.DEFAULT),
            ANSWER);
    executor.runAll();
    assertThat(status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    call = ask();
    agent.send(new Frame.Headers(1, HEADERS));
    agent.send(Frames.message(1, ANSWER));
    agent.send(new Frame.Trailers(1, CallTrailers.getDefaultInstance()));
    executor.runAll();
    assertThat(status()).isEqualTo(Status.OK);
  }
}
