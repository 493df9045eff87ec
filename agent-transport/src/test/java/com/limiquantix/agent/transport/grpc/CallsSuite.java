package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.limiquantix.agent.transport.grpc.proto.Answer;
import com.limiquantix.agent.transport.grpc.proto.Ask;
import com.limiquantix.agent.transport.grpc.proto.Nothing;
import com.limiquantix.agent.transport.grpc.proto.SemanticsGrpc;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The four kinds of call by every kind of stub, and what ends them. */
public abstract class CallsSuite extends GrpcSemanticsTest {
  private static final int LARGE_REQUEST = 271_828;
  private static final int LARGE_ANSWER = 314_159;

  private final RawHandler handler = new RawHandler();
  private Channel channel = new NoChannel();

  @BeforeEach
  final void startService() throws Exception {
    channel =
        start(setup().service(new SemanticsService()).service(Raw.service(handler))).channel();
  }

  private SemanticsGrpc.SemanticsBlockingStub blocking() {
    return SemanticsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private SemanticsGrpc.SemanticsStub async() {
    return SemanticsGrpc.newStub(channel)
        .withDeadlineAfter(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** What a client hears of a handler that breaks its method's contract. */
  private Status.Code brokenContract() {
    return lacks().contains(Capability.NAMES_BROKEN_CONTRACT)
        ? Status.Code.CANCELLED
        : Status.Code.INTERNAL;
  }

  private static Ask ask(int size, Integer... sizes) {
    return Ask.newBuilder()
        .setBody(ByteString.copyFrom(new byte[size]))
        .addAllSizes(List.of(sizes))
        .build();
  }

  @Test
  void givenEmptyRequest_whenUnary_thenEmptyAnswer() {
    assertThat(blocking().empty(Nothing.getDefaultInstance()))
        .isEqualTo(Nothing.getDefaultInstance());
  }

  @Test
  void givenLargeRequest_whenUnary_thenLargeAnswer() {
    Answer answer = blocking().unary(ask(LARGE_REQUEST, LARGE_ANSWER));
    assertThat(answer.getBody()).isEqualTo(ByteString.copyFrom(new byte[LARGE_ANSWER]));
  }

  @Test
  void givenFutureStub_whenUnary_thenFutureIsDone() throws Exception {
    ListenableFuture<Answer> answer = SemanticsGrpc.newFutureStub(channel).unary(ask(0, 7));
    assertThat(answer.get(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS).getBody().size())
        .isEqualTo(7);
  }

  @Test
  void givenFutureStub_whenFutureIsCancelled_thenServerHearsCancel() throws Exception {
    ListenableFuture<String> answer =
        ClientCalls.futureUnaryCall(channel.newCall(Raw.UNARY, inTime()), "never answered");
    RawHandler.Accepted server = handler.accept();
    assertThat(answer.cancel(true)).isTrue();
    server.log().next(Event.Cancel.class);
  }

  @Test
  void givenAsyncStub_whenUpload_thenOneAnswerAfterHalfClose() throws Exception {
    Answers<Answer> answers = new Answers<>();
    StreamObserver<Ask> asks = async().upload(answers);
    for (int size : new int[] {27_182, 8, 1_828, 45_904}) {
      asks.onNext(ask(size));
    }
    asks.onCompleted();
    Answer answer = answers.next();
    assertThat(answer.getBytes()).isEqualTo(74_922);
    assertThat(answer.getMessages()).isEqualTo(4);
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  @Test
  void givenBlockingStub_whenDownload_thenIteratorYieldsAllInOrder() {
    List<Integer> sizes = new ArrayList<>();
    Iterator<Answer> answers = blocking().download(ask(0, 31_415, 9, 2_653, 58_979));
    answers.forEachRemaining(answer -> sizes.add(answer.getBody().size()));
    assertThat(sizes).containsExactly(31_415, 9, 2_653, 58_979);
  }

  @Test
  void givenBlockingStub_whenDownloadFailsHalfWay_thenIteratorThrowsAfterTheAnswers()
      throws Exception {
    Iterator<String> answers =
        ClientCalls.blockingServerStreamingCall(channel, Raw.DOWNLOAD, inTime(), "go");
    RawHandler.Accepted server = handler.accept();
    server.answer("one");
    server.call().close(Status.DATA_LOSS.withDescription("half way"), new Metadata());
    assertThat(answers.next()).isEqualTo("one");
    assertThatThrownBy(answers::hasNext)
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("DATA_LOSS: half way");
  }

  @Test
  void givenAsyncStub_whenPingPong_thenEachAnswerBeforeTheNextAsk() throws Exception {
    Answers<Answer> answers = new Answers<>();
    StreamObserver<Ask> asks = async().chat(answers);
    int[][] rounds = {{27_182, 31_415}, {8, 9}, {1_828, 2_653}, {45_904, 58_979}};
    for (int[] round : rounds) {
      asks.onNext(ask(round[0], round[1]));
      assertThat(answers.next().getBody().size()).isEqualTo(round[1]);
    }
    asks.onCompleted();
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  @Test
  void givenBlockingV2Stub_whenPingPong_thenReadsFollowWrites() throws Exception {
    BlockingClientCall<Ask, Answer> call =
        SemanticsGrpc.newBlockingV2Stub(channel)
            .withDeadlineAfter(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)
            .chat();
    for (int size : new int[] {10, 100_000, 1}) {
      assertThat(call.write(ask(size, size))).isTrue();
      assertThat(call.read().getBody().size()).isEqualTo(size);
    }
    call.halfClose();
    assertThat(call.read()).isNull();
  }

  @Test
  void givenBlockingV2Stub_whenServerRefuses_thenReadThrowsItsStatus() throws Exception {
    BlockingClientCall<String, String> call =
        ClientCalls.blockingBidiStreamingCall(channel, Raw.CHAT, inTime());
    handler.accept().call().close(Status.ABORTED.withDescription("no"), new Metadata());
    assertThatThrownBy(call::read).isInstanceOf(StatusException.class).hasMessage("ABORTED: no");
  }

  @Test
  void givenNoMessages_whenChat_thenEndsWithoutAnswers() throws Exception {
    Answers<Answer> answers = new Answers<>();
    async().chat(answers).onCompleted();
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  @Test
  void givenNoMessages_whenUpload_thenServerStillAnswers() throws Exception {
    Answers<Answer> answers = new Answers<>();
    async().upload(answers).onCompleted();
    assertThat(answers.next().getMessages()).isZero();
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  @Test
  void givenHalfClose_whenServerGoesOnSending_thenAllArrives() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT).ask("last", 10);
    RawHandler.Accepted server = handler.accept();
    server.call().request(2);
    server.log().nextMessages("last");
    server.log().next(Event.HalfClose.class);
    server.answer("after");
    server.call().sendMessage("more");
    client.log().next(Event.Headers.class);
    client.log().nextMessages("after", "more");
    server.call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
  }

  @Test
  void givenOpenClientSide_whenServerHasEnded_thenCallIsOver() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    server.log().next(Event.Complete.class);
    client.call().sendMessage("ignored");
    client.call().halfClose();
    assertUsable(channel);
  }

  @Test
  void givenMessagesOfManySizes_whenChat_thenEachArrivesWholeAndInOrder() throws Exception {
    Answers<Answer> answers = new Answers<>();
    StreamObserver<Ask> asks = async().chat(answers);
    int[] sizes = {0, 1, 16_383, 16_384, 65_535, 65_536, 65_537, 131_072, 0, 1_000_000, 1};
    for (int size : sizes) {
      asks.onNext(ask(size, size));
    }
    asks.onCompleted();
    long total = 0;
    for (int size : sizes) {
      Answer answer = answers.next();
      total += size;
      assertThat(answer.getBody().size()).isEqualTo(size);
      assertThat(answer.getBytes()).isEqualTo(total);
    }
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  @Test
  void givenStreamThatReadsInDrips_whenUnary_thenMessageArrivesWhole() throws Exception {
    String text = "x".repeat(100_000);
    RawClient client =
        RawClient.start(channel, Raw.method("Unary", MethodType.UNARY, new Drips(), new Drips()));
    client.ask(text, 2);
    RawHandler.Accepted server = handler.accept();
    server.call().request(2);
    server.log().nextMessages(text);
    server.answer("");
    server.call().close(Status.OK, new Metadata());
    client.log().next(Event.Headers.class);
    client.log().nextMessages("");
    assertThat(client.end().status()).isEqualTo(Status.OK);
  }

  @Test
  void givenUnknownMethod_whenCalled_thenUnimplemented() {
    assertThatThrownBy(() -> blocking().missing(Nothing.getDefaultInstance()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));
    assertUsable(channel);
  }

  @Test
  void givenUnknownService_whenStreaming_thenUnimplementedNamesTheMethod() throws Exception {
    GrpcPair bare = start(setup());
    RawClient client = RawClient.start(bare.channel(), Raw.CHAT);
    client.call().request(1);
    client.call().sendMessage("anybody?");
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(status.getDescription()).contains("semantics.Raw/Chat");
  }

  @Test
  void givenUnary_whenServerAnswersTwice_thenInternal() throws Exception {
    RawClient client = RawClient.start(channel, Raw.UNARY).ask("one", 2);
    RawHandler.Accepted server = handler.accept();
    server.call().request(2);
    server.answer("first");
    server.call().sendMessage("second");
    assertThat(client.end().status().getCode()).isEqualTo(brokenContract());
    assertUsable(channel);
  }

  @Test
  void givenUnary_whenServerEndsOkWithoutAnswer_thenInternal() throws Exception {
    RawClient client = RawClient.start(channel, Raw.UNARY).ask("one", 2);
    handler.accept().call().close(Status.OK, new Metadata());
    assertThat(client.end().status().getCode()).isEqualTo(brokenContract());
    assertUsable(channel);
  }

  @Test
  void givenUnary_whenServerNeverAnswers_thenOnlyTheDeadlineEndsIt() throws Exception {
    RawClient client =
        RawClient.start(channel, Raw.UNARY, inTime().withDeadlineAfter(100, TimeUnit.MILLISECONDS))
            .ask("one", 2);
    RawHandler.Accepted server = handler.accept();
    assertThat(client.end().status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    server.log().next(Event.Cancel.class);
  }

  @Test
  void givenManyCallsAtOnce_whenUnary_thenEachGetsItsOwnAnswer() throws Exception {
    List<ListenableFuture<String>> answers =
        IntStream.range(0, 500)
            .mapToObj(i -> ClientCalls.futureUnaryCall(channel.newCall(ECHO, inTime()), "n" + i))
            .toList();
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).get(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS))
          .isEqualTo("n" + i);
    }
  }

  /** Gives a few bytes at a time and never says how many are left. */
  private static final class Drips extends Raw.Text {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8)) {
        @Override
        public synchronized int read(byte[] into, int offset, int length) {
          return super.read(into, offset, Math.min(length, 997));
        }

        @Override
        public synchronized int available() {
          return 0;
        }
      };
    }
  }
}
