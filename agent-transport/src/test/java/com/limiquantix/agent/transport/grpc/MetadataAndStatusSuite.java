package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What travels beside the messages: headers, trailers, status codes, texts and details. */
public abstract class MetadataAndStatusSuite extends GrpcSemanticsTest {
  private static final Metadata.Key<String> TEXT =
      Metadata.Key.of("x-text", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> OTHER =
      Metadata.Key.of("x-other", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> BINARY =
      Metadata.Key.of("x-binary-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final RawHandler handler = new RawHandler();
  private Channel channel = new NoChannel();

  @BeforeEach
  final void startHandler() throws Exception {
    channel = startRaw(handler);
  }

  private static byte[] everyByte() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  private static Metadata sample() {
    Metadata metadata = new Metadata();
    metadata.put(TEXT, "first, with a comma");
    metadata.put(BINARY, everyByte());
    metadata.put(OTHER, "100%25 = 100%");
    metadata.put(TEXT, "second");
    metadata.put(BINARY, new byte[0]);
    metadata.put(TEXT, "");
    metadata.put(BINARY, new byte[] {0});
    return metadata;
  }

  private static void assertSample(Metadata metadata) {
    assertThat(metadata.getAll(TEXT)).containsExactly("first, with a comma", "second", "");
    assertThat(metadata.getAll(OTHER)).containsExactly("100%25 = 100%");
    assertThat(metadata.getAll(BINARY)).containsExactly(everyByte(), new byte[0], new byte[] {0});
  }

  /** Ends a call with this and returns how the client heard it. */
  private Event.Close endWith(Status status, Metadata trailers) throws InterruptedException {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().close(status, trailers);
    Event.Close end = client.log().next(Event.Close.class);
    server.log().next(Event.Complete.class);
    return end;
  }

  @Test
  void givenTextAndBinaryMetadata_whenSent_thenAllValuesArriveInOrder() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, CallOptions.DEFAULT, sample());
    RawHandler.Accepted server = handler.accept();
    assertSample(server.headers());
    server.call().sendHeaders(sample());
    assertSample(client.log().next(Event.Headers.class).metadata());
    server.call().close(Status.OK, sample());
    assertSample(client.log().next(Event.Close.class).trailers());
  }

  @Test
  void givenMetadataJustUnderTheDefaultLimit_whenSent_thenArrives() throws Exception {
    byte[] value = new byte[5_000];
    new Random(1).nextBytes(value);
    Metadata headers = new Metadata();
    headers.put(BINARY, value);
    RawClient.start(channel, Raw.CHAT, CallOptions.DEFAULT, headers);
    assertThat(handler.accept().headers().get(BINARY)).isEqualTo(value);
  }

  @Test
  void givenHeaders_whenNoMessageWasRequested_thenHeadersArriveAllTheSame() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    handler.accept().call().sendHeaders(sample());
    assertSample(client.log().next(Event.Headers.class).metadata());
  }

  @Test
  void givenTrailersAlone_whenServerEnds_thenNoHeadersAreHeard() throws Exception {
    Event.Close end = endWith(Status.OUT_OF_RANGE.withDescription("beyond"), sample());
    assertThat(end.status().getCode()).isEqualTo(Status.Code.OUT_OF_RANGE);
    assertSample(end.trailers());
  }

  @Test
  void givenHeadersAndTrailers_whenServerEnds_thenTheyAreKeptApart() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    Metadata headers = new Metadata();
    headers.put(TEXT, "header");
    server.call().sendHeaders(headers);
    Metadata trailers = new Metadata();
    trailers.put(OTHER, "trailer");
    server.call().close(Status.FAILED_PRECONDITION, trailers);
    Metadata heard = client.log().next(Event.Headers.class).metadata();
    assertThat(heard.get(TEXT)).isEqualTo("header");
    assertThat(heard.get(OTHER)).isNull();
    Event.Close end = client.log().next(Event.Close.class);
    assertThat(end.trailers().keys()).containsExactly("x-other");
  }

  @ParameterizedTest
  @EnumSource(Status.Code.class)
  void givenStatusCode_whenServerEnds_thenCodeAndTextArrive(Status.Code code) throws Exception {
    Status status = endWith(code.toStatus().withDescription("because"), new Metadata()).status();
    assertThat(status.getCode()).isEqualTo(code);
    if (code != Status.Code.OK) {
      assertThat(status.getDescription()).isEqualTo("because");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \ud83d\ude08\t\n",
        " leading and trailing ",
        "100% of %20 and %25 and %",
        "\u0000\u0001\u007f",
        "grüße, \u65e5\u672c\u8a9e",
      })
  void givenSpecialText_whenServerEnds_thenItArrivesUnchanged(String text) throws Exception {
    assertThat(endWith(Status.UNKNOWN.withDescription(text), new Metadata()).status())
        .satisfies(status -> assertThat(status.getDescription()).isEqualTo(text));
  }

  @Test
  void givenNoText_whenServerEnds_thenClientSeesNone() throws Exception {
    Status status = endWith(Status.RESOURCE_EXHAUSTED, new Metadata()).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).isNull();
  }

  @Test
  void givenCause_whenServerEnds_thenItStaysAtTheServer() throws Exception {
    Status status =
        endWith(Status.INTERNAL.withCause(new Planted("secret")), new Metadata()).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getCause()).isNull();
  }

  @Test
  void givenLongText_whenServerEnds_thenItArrivesWhole() throws Exception {
    String text = "é%\n".repeat(500);
    assertThat(endWith(Status.ABORTED.withDescription(text), new Metadata()).status())
        .satisfies(status -> assertThat(status.getDescription()).isEqualTo(text));
  }

  @Test
  void givenRichStatus_whenHandlerFails_thenClientReadsItsDetails() throws Exception {
    ErrorInfo info =
        ErrorInfo.newBuilder()
            .setReason("DISK_FULL")
            .setDomain("semantics")
            .putMetadata("path", "/var \u263a")
            .build();
    com.google.rpc.Status rich =
        com.google.rpc.Status.newBuilder()
            .setCode(Code.RESOURCE_EXHAUSTED_VALUE)
            .setMessage("no space is left")
            .addDetails(Any.pack(info))
            .build();
    Channel failing =
        start(
                setup()
                    .service(
                        Raw.service(
                            Raw.UNARY,
                            ServerCalls.asyncUnaryCall(
                                (request, answers) ->
                                    answers.onError(StatusProto.toStatusRuntimeException(rich))))))
            .channel();
    assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(failing, Raw.UNARY, inTime(), "ask"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
              assertThat(e).hasMessage("RESOURCE_EXHAUSTED: no space is left");
              assertThat(detailsOf(e)).isEqualTo(info);
            });
  }

  private static ErrorInfo detailsOf(StatusRuntimeException e) {
    com.google.rpc.Status status = StatusProto.fromThrowable(e);
    assertThat(status).isNotNull();
    try {
      return status == null
          ? ErrorInfo.getDefaultInstance()
          : status.getDetails(0).unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException broken) {
      throw new AssertionError(broken);
    }
  }
}
