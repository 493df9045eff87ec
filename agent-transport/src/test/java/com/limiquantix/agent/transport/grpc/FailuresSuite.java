package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exceptions of the application: the call ends with the right code, and only that call. */
public abstract class FailuresSuite extends GrpcSemanticsTest {
  /** Throws within the callback of this type. */
  private static <C> BiConsumer<C, Event> throwIn(Class<? extends Event> type) {
    return (call, event) -> {
      if (type.isInstance(event)) {
        throw new Planted("planted in " + type.getSimpleName());
      }
    };
  }

  private RawClient callFailingHandler(ServerCallHandler<String, String> handler) throws Exception {
    Channel channel = start(setup().service(Raw.service(handler))).channel();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().request(1);
    client.call().sendMessage("ask");
    client.call().halfClose();
    return client;
  }

  /** A status that a handler throws on purpose. */
  private static StatusRuntimeException plantedStatus() {
    return Status.PERMISSION_DENIED
        .withDescription("planted")
        .withCause(new Planted("planted"))
        .asRuntimeException();
  }

  @Test
  void givenStartCallThatThrowsAStatus_whenCalled_thenClientGetsIt() throws Exception {
    RawClient client =
        callFailingHandler(
            (call, headers) -> {
              throw plantedStatus();
            });
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).isEqualTo("planted");
  }

  @Test
  void givenStartCallThatThrows_whenCalled_thenUnknownWithoutItsText() throws Exception {
    RawClient client =
        callFailingHandler(
            (call, headers) -> {
              throw new Planted("secret");
            });
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(status.toString()).doesNotContain("secret");
  }

  @Test
  void givenServerInterceptorThatThrows_whenCalled_thenItsStatusEndsTheCall() throws Exception {
    ServerInterceptor throwing =
        new ServerInterceptor() {
          @Override
          public <A, B> ServerCall.Listener<A> interceptCall(
              ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
            if (call.getMethodDescriptor().getFullMethodName().startsWith(Raw.SERVICE)) {
              throw plantedStatus();
            }
            return next.startCall(call, headers);
          }
        };
    RawHandler handler = new RawHandler();
    Channel channel =
        start(setup().service(Raw.service(handler)).serverInterceptor(throwing)).channel();
    Status status = RawClient.start(channel, Raw.CHAT).end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).isEqualTo("planted");
    assertThat(handler.waiting()).isZero();
    assertUsable(channel);
  }

  @ParameterizedTest
  @ValueSource(classes = {Event.Message.class, Event.HalfClose.class})
  void givenServerListenerThatThrows_whenCalled_thenUnknown(Class<? extends Event> type)
      throws Exception {
    RawHandler handler = new RawHandler(throwIn(type));
    Channel channel = startRaw(handler);
    RawClient client = RawClient.start(channel, Raw.CHAT).ask("ask", 1);
    RawHandler.Accepted server = handler.accept();
    server.call().request(2);
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(status.getDescription()).isEqualTo("Application error processing RPC");
    server.awaitContextCancelled();
    assertUsable(channel);
  }

  @ParameterizedTest
  @ValueSource(classes = {Event.Cancel.class, Event.Complete.class})
  void givenServerListenerThatThrowsAtTheEnd_whenCallEnds_thenOthersWorkOn(
      Class<? extends Event> type) throws Exception {
    RawHandler handler = new RawHandler(throwIn(type));
    Channel channel = startRaw(handler);
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    if (type == Event.Cancel.class) {
      client.call().cancel("end", null);
    } else {
      server.call().close(Status.OK, new Metadata());
    }
    client.end();
    server.log().next(type);
    server.awaitContextCancelled();
    assertUsable(channel);
  }

  @ParameterizedTest
  @ValueSource(classes = {Event.Headers.class, Event.Message.class})
  void givenClientListenerThatThrows_whenCalled_thenCancelledWithItsException(
      Class<? extends Event> type) throws Exception {
    RawHandler handler = new RawHandler();
    Channel channel = startRaw(handler);
    RawClient client =
        RawClient.start(channel.newCall(Raw.CHAT, inTime()), new Metadata(), throwIn(type));
    client.call().request(2);
    RawHandler.Accepted server = handler.accept();
    server.answer("answer");
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getCause()).isInstanceOf(Planted.class);
    server.log().next(Event.Cancel.class);
    assertUsable(channel);
  }

  @Test
  void givenClientOnReadyThatThrows_whenCalled_thenCancelledWithItsException() throws Exception {
    RawHandler handler = new RawHandler();
    Channel channel = startRaw(handler);
    RawClient client =
        RawClient.start(
            channel.newCall(Raw.CHAT, inTime()), new Metadata(), throwIn(Event.Ready.class));
    RawHandler.Accepted server = handler.accept();
    server.call().request(1);
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getCause()).isInstanceOf(Planted.class);
    assertUsable(channel);
  }

  @Test
  void givenClientOnCloseThatThrows_whenCallEnds_thenOthersWorkOn() throws Exception {
    RawHandler handler = new RawHandler();
    Channel channel = startRaw(handler);
    RawClient client =
        RawClient.start(
            channel.newCall(Raw.CHAT, inTime()), new Metadata(), throwIn(Event.Close.class));
    handler.accept().call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    assertUsable(channel);
  }

  private static final class BrokenWriter extends Raw.Text {
    @Override
    public InputStream stream(String value) {
      throw new Planted("can not write");
    }
  }

  private static final class BrokenReader extends Raw.Text {
    @Override
    public String parse(InputStream stream) {
      throw new Planted("can not read");
    }
  }

  private static MethodDescriptor<String, String> chat(Raw.Text request, Raw.Text answer) {
    return Raw.method("Chat", MethodType.BIDI_STREAMING, request, answer);
  }

  @Test
  void givenRequestThatCanNotBeWritten_whenSent_thenCancelledWithTheCause() throws Exception {
    RawHandler handler = new RawHandler();
    Channel channel = startRaw(handler);
    RawClient client = RawClient.start(channel, chat(new BrokenWriter(), Raw.Text.INSTANCE));
    RawHandler.Accepted server = handler.accept();
    client.call().sendMessage("unwritable");
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getCause()).isInstanceOf(Planted.class);
    server.log().next(Event.Cancel.class);
    assertUsable(channel);
  }

  @Test
  void givenAnswerThatCanNotBeRead_whenReceived_thenCancelledWithTheCause() throws Exception {
    RawHandler handler = new RawHandler();
    Channel channel = startRaw(handler);
    RawClient client = RawClient.start(channel, chat(Raw.Text.INSTANCE, new BrokenReader()));
    client.call().request(1);
    RawHandler.Accepted server = handler.accept();
    server.answer("unreadable");
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getCause()).isInstanceOf(Planted.class);
    server.log().next(Event.Cancel.class);
    assertUsable(channel);
  }

  @Test
  void givenRequestThatCanNotBeRead_whenReceived_thenCallFails() throws Exception {
    RawHandler handler = new RawHandler();
    Channel channel =
        start(setup().service(Raw.service(chat(new BrokenReader(), Raw.Text.INSTANCE), handler)))
            .channel();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().sendMessage("unreadable");
    RawHandler.Accepted server = handler.accept();
    server.call().request(1);
    Status status = client.end().status();
    assertThat(status.getCode())
        .isIn(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.CANCELLED);
    server.awaitContextCancelled();
    assertUsable(channel);
  }

  @Test
  void givenAnswerThatCanNotBeWritten_whenSent_thenCallFails() throws Exception {
    RawHandler handler = new RawHandler();
    Channel channel =
        start(setup().service(Raw.service(chat(Raw.Text.INSTANCE, new BrokenWriter()), handler)))
            .channel();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().request(1);
    RawHandler.Accepted server = handler.accept();
    server.answer("unwritable");
    Status status = client.end().status();
    assertThat(status.getCode())
        .isIn(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.CANCELLED);
    server.awaitContextCancelled();
    assertUsable(channel);
  }

  @Test
  void givenListenerThatThrewOnce_whenMessagesWait_thenItHearsOnlyTheEnd() throws Exception {
    RawHandler handler = new RawHandler(throwIn(Event.Message.class));
    Channel channel = startRaw(handler);
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().sendMessage("first");
    client.call().sendMessage("second");
    RawHandler.Accepted server = handler.accept();
    server.call().request(1);
    server.log().nextMessages("first");
    assertThat(client.end().status().getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertUsable(channel);
    assertThat(server.log().all())
        .extracting(EventLog.Seen::event)
        .doesNotContain(new Event.Message("second"));
    ClientCall<String, String> after = channel.newCall(ECHO, inTime());
    assertThat(RawClient.start(after, new Metadata(), (call, event) -> {}).ask("x", 2).end())
        .satisfies(end -> assertThat(end.status()).isEqualTo(Status.OK));
  }
}
