package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What is refused: too large messages and metadata, compression and credentials not supported. */
public abstract class LimitsSuite extends GrpcSemanticsTest {
  private static final int LIMIT = 10_000;
  private static final Metadata.Key<String> TEXT =
      Metadata.Key.of("x-text", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("x-token", Metadata.ASCII_STRING_MARSHALLER);

  private final RawHandler handler = new RawHandler();

  private Setup rawSetup() {
    return setup().service(Raw.service(handler));
  }

  private static Metadata large() {
    Metadata metadata = new Metadata();
    metadata.put(TEXT, "x".repeat(LIMIT));
    return metadata;
  }

  private static void assertCode(RawClient client, Status.Code code) throws InterruptedException {
    Status status = client.end().status();
    assertThat(status.getCode()).as("code of %s", status).isEqualTo(code);
    assertThat(status.getDescription()).isNotBlank();
  }

  private static Status.Code echo(Channel channel, CallOptions options, int size) {
    try {
      String text = "x".repeat(size);
      assertThat(ClientCalls.blockingUnaryCall(channel, ECHO, options, text)).isEqualTo(text);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  void givenServerLimit_whenRequestIsOneByteOver_thenResourceExhausted() throws Exception {
    requires(Capability.MESSAGE_LIMITS);
    Channel channel = start(setup().serverMaxMessage(LIMIT)).channel();
    assertThat(echo(channel, inTime(), LIMIT)).isEqualTo(Status.Code.OK);
    assertThat(echo(channel, inTime(), LIMIT + 1)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(echo(channel, inTime(), LIMIT)).isEqualTo(Status.Code.OK);
  }

  @Test
  void givenClientLimit_whenAnswerIsOneByteOver_thenResourceExhausted() throws Exception {
    requires(Capability.MESSAGE_LIMITS);
    Channel channel = start(setup().clientMaxMessage(LIMIT)).channel();
    assertThat(echo(channel, inTime(), LIMIT)).isEqualTo(Status.Code.OK);
    assertThat(echo(channel, inTime(), LIMIT + 1)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(echo(channel, inTime(), LIMIT)).isEqualTo(Status.Code.OK);
  }

  @Test
  void givenNoLimits_whenMessageIsOverFourMebibytes_thenResourceExhausted() throws Exception {
    requires(Capability.MESSAGE_LIMITS);
    Channel channel = start(setup()).channel();
    assertThat(echo(channel, inTime(), 4 << 20)).isEqualTo(Status.Code.OK);
    assertThat(echo(channel, inTime(), (4 << 20) + 1)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void givenLimitOfOneCall_whenAnswerIsOver_thenResourceExhausted() throws Exception {
    requires(Capability.MESSAGE_LIMITS);
    Channel channel = start(setup()).channel();
    CallOptions limited = inTime().withMaxInboundMessageSize(LIMIT);
    assertThat(echo(channel, limited, LIMIT)).isEqualTo(Status.Code.OK);
    assertThat(echo(channel, limited, LIMIT + 1)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(echo(channel, inTime(), LIMIT + 1)).isEqualTo(Status.Code.OK);
  }

  @Test
  void givenOutboundLimit_whenRequestIsOver_thenCancelledWithTheReasonAsCause() throws Exception {
    requires(Capability.MESSAGE_LIMITS);
    Channel channel = start(rawSetup()).channel();
    RawClient client =
        RawClient.start(channel, Raw.CHAT, inTime().withMaxOutboundMessageSize(LIMIT));
    client.call().sendMessage("x".repeat(LIMIT));
    RawHandler.Accepted server = handler.accept();
    server.call().request(2);
    assertThat(server.log().nextMessage()).hasSize(LIMIT);
    client.call().sendMessage("x".repeat(LIMIT + 1));
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(Status.fromThrowable(status.getCause()).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    server.log().next(Event.Cancel.class);
    assertUsable(channel);
  }

  @Test
  void givenServerMetadataLimit_whenRequestHeadersAreOver_thenHandlerIsNotAsked() throws Exception {
    Channel channel = start(rawSetup().serverMaxMetadata(LIMIT)).channel();
    RawClient client = RawClient.start(channel, Raw.CHAT, inTime(), large());
    assertCode(client, Status.Code.RESOURCE_EXHAUSTED);
    assertUsable(channel);
    assertThat(handler.waiting()).isZero();
  }

  @Test
  void givenClientMetadataLimit_whenAnswerHeadersAreOver_thenResourceExhausted() throws Exception {
    Channel channel = start(rawSetup().clientMaxMetadata(LIMIT)).channel();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    handler.accept().call().sendHeaders(large());
    assertCode(client, Status.Code.RESOURCE_EXHAUSTED);
    assertUsable(channel);
  }

  @Test
  void givenClientMetadataLimit_whenTrailersAreOver_thenResourceExhausted() throws Exception {
    Channel channel = start(rawSetup().clientMaxMetadata(LIMIT)).channel();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    handler.accept().call().close(Status.OK, large());
    assertCode(client, Status.Code.RESOURCE_EXHAUSTED);
    assertUsable(channel);
  }

  @Test
  void givenRaisedMetadataLimits_whenAllIsLarge_thenItArrives() throws Exception {
    int limit = LIMIT * 2;
    Channel channel = start(rawSetup().serverMaxMetadata(limit).clientMaxMetadata(limit)).channel();
    RawClient client = RawClient.start(channel, Raw.CHAT, inTime(), large());
    RawHandler.Accepted server = handler.accept();
    assertThat(server.headers().get(TEXT)).hasSize(LIMIT);
    server.call().close(Status.OK, large());
    assertThat(client.end().trailers().get(TEXT)).hasSize(LIMIT);
  }

  @Test
  void givenGzipOfTheCaller_whenCalled_thenCompressedOrRefusedByName() throws Exception {
    AtomicLong onWire = new AtomicLong();
    ClientStreamTracer.Factory tracer =
        new ClientStreamTracer.Factory() {
          @Override
          public ClientStreamTracer newClientStreamTracer(
              ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
              @Override
              public void outboundWireSize(long bytes) {
                onWire.addAndGet(bytes);
              }
            };
          }
        };
    Channel channel = start(setup()).channel();
    CallOptions options = inTime().withCompression("gzip").withStreamTracerFactory(tracer);
    int size = 200_000;
    try {
      ClientCalls.blockingUnaryCall(channel, ECHO, options, "x".repeat(size));
      if (!lacks().contains(Capability.HONEST_COMPRESSION)) {
        assertThat(onWire.get()).as("compressed bytes").isBetween(1L, size / 2L);
      }
    } catch (StatusRuntimeException e) {
      assertThat(e).hasMessageContaining("gzip");
    }
    assertUsable(channel);
  }

  @Test
  void givenUnknownCompressor_whenCalled_thenRefusedByName() throws Exception {
    Channel channel = start(setup()).channel();
    CallOptions options = inTime().withCompression("no-such-compressor");
    assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, ECHO, options, "text"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("no-such-compressor");
    assertUsable(channel);
  }

  @Test
  void givenCompressionOfTheServer_whenItAnswers_thenItWorksOrIsRefusedThere() throws Exception {
    AtomicReference<Throwable> refused = new AtomicReference<>();
    Channel channel =
        start(
                setup()
                    .service(
                        Raw.service(
                            Raw.UNARY,
                            ServerCalls.asyncUnaryCall(
                                (request, answers) -> {
                                  try {
                                    ((io.grpc.stub.ServerCallStreamObserver<String>) answers)
                                        .setCompression("gzip");
                                    answers.onNext(request);
                                    answers.onCompleted();
                                  } catch (RuntimeException e) {
                                    refused.set(e);
                                    answers.onError(Status.UNIMPLEMENTED.asException());
                                  }
                                }))))
            .channel();
    try {
      assertThat(ClientCalls.blockingUnaryCall(channel, Raw.UNARY, inTime(), "zip"))
          .isEqualTo("zip");
      assertThat(refused).hasNullValue();
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
      assertThat(refused.get()).hasMessageContaining("gzip");
    }
    assertUsable(channel);
  }

  @Test
  void givenCallCredentials_whenCalled_thenAppliedOrRefusedByName() throws Exception {
    Channel channel = start(rawSetup()).channel();
    CallOptions options =
        inTime()
            .withCallCredentials(
                new CallCredentials() {
                  @Override
                  public void applyRequestMetadata(
                      RequestInfo info, Executor executor, MetadataApplier applier) {
                    Metadata token = new Metadata();
                    token.put(TOKEN, info.getMethodDescriptor().getFullMethodName());
                    executor.execute(() -> applier.apply(token));
                  }
                });
    CountDownLatch decided = new CountDownLatch(1);
    handler.whenAccepted(decided::countDown);
    ListenableFuture<String> answer =
        ClientCalls.futureUnaryCall(channel.newCall(Raw.UNARY, options), "one");
    answer.addListener(decided::countDown, Runnable::run);
    await(decided, "the call arrives or is refused");
    if (answer.isDone()) {
      assertThatThrownBy(answer::get).hasMessageContaining("redential");
      assertThat(handler.waiting()).isZero();
    } else {
      assertThat(handler.accept().headers().get(TOKEN)).isEqualTo("semantics.Raw/Unary");
    }
    assertUsable(channel);
  }

  @Test
  void givenCallCredentialsThatFail_whenCalled_thenCallFailsAndHandlerIsNotAsked()
      throws Exception {
    Channel channel = start(rawSetup()).channel();
    CallOptions options =
        inTime()
            .withCallCredentials(
                new CallCredentials() {
                  @Override
                  public void applyRequestMetadata(
                      RequestInfo info, Executor executor, MetadataApplier applier) {
                    applier.fail(Status.UNAUTHENTICATED.withDescription("the credential is old"));
                  }
                });
    RawClient client = RawClient.start(channel, Raw.UNARY, options).ask("one", 2);
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.isOk()).isFalse();
    assertThat(status.getDescription()).containsIgnoringCase("credential");
    assertUsable(channel);
    assertThat(handler.waiting()).isZero();
  }
}
