package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls used out of order: the application's fault throws, a peer that is gone never does. */
public abstract class MisuseSuite extends GrpcSemanticsTest {
  private final RawHandler handler = new RawHandler();
  private Channel channel = new NoChannel();

  @BeforeEach
  final void startHandler() throws Exception {
    channel = startRaw(handler);
  }

  private static void assertIllegalState(ThrowingCallable misuse) {
    assertThatThrownBy(misuse).isInstanceOf(IllegalStateException.class);
  }

  private RawHandler.Accepted accepted() throws InterruptedException {
    RawClient.start(channel, Raw.CHAT).call().request(10);
    return handler.accept();
  }

  @Test
  void givenClient_whenStartedTwice_thenIllegalState() {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    assertIllegalState(() -> client.call().start(new ClientCall.Listener<>() {}, new Metadata()));
  }

  @Test
  void givenClientNotStarted_whenUsed_thenIllegalState() {
    ClientCall<String, String> call = channel.newCall(Raw.CHAT, CallOptions.DEFAULT);
    assertIllegalState(() -> call.sendMessage("too early"));
    assertIllegalState(call::halfClose);
    assertIllegalState(() -> call.request(1));
  }

  @Test
  void givenClientHalfClosed_whenItSendsOn_thenIllegalState() {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().halfClose();
    assertIllegalState(() -> client.call().sendMessage("after"));
    assertIllegalState(client.call()::halfClose);
  }

  @Test
  void givenClientCancelled_whenItSendsOn_thenIllegalState() {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().cancel("over", null);
    assertIllegalState(() -> client.call().sendMessage("after"));
    assertIllegalState(client.call()::halfClose);
  }

  @Test
  void givenServer_whenHeadersAreSentTwice_thenIllegalState() throws Exception {
    RawHandler.Accepted server = accepted();
    server.call().sendHeaders(new Metadata());
    assertIllegalState(() -> server.call().sendHeaders(new Metadata()));
  }

  @Test
  void givenServer_whenMessageComesBeforeHeaders_thenIllegalState() throws Exception {
    RawHandler.Accepted server = accepted();
    assertIllegalState(() -> server.call().sendMessage("no headers yet"));
  }

  @Test
  void givenServerClosed_whenUsedOn_thenIllegalState() throws Exception {
    RawHandler.Accepted server = accepted();
    server.call().sendHeaders(new Metadata());
    server.call().close(Status.OK, new Metadata());
    assertIllegalState(() -> server.call().sendMessage("after"));
    assertIllegalState(() -> server.call().close(Status.OK, new Metadata()));
  }

  @Test
  void givenServerClosedWithoutHeaders_whenHeadersFollow_thenIllegalState() throws Exception {
    RawHandler.Accepted server = accepted();
    server.call().close(Status.OK, new Metadata());
    assertIllegalState(() -> server.call().sendHeaders(new Metadata()));
  }

  @Test
  void givenMisuseThatThrew_whenCallGoesOn_thenItStillEndsAsTold() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().request(2);
    RawHandler.Accepted server = handler.accept();
    assertIllegalState(() -> server.call().sendMessage("no headers yet"));
    server.answer("now");
    server.call().close(Status.ALREADY_EXISTS, new Metadata());
    client.log().next(Event.Headers.class);
    client.log().nextMessages("now");
    assertThat(client.log().next(Event.Close.class).status().getCode())
        .isEqualTo(Status.Code.ALREADY_EXISTS);
  }

  @Test
  void givenClientGone_whenServerSends_thenItIsIgnored() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    client.call().cancel("gone", null);
    server.log().next(Event.Cancel.class);
    assertThatCode(
            () -> {
              server.call().request(1);
              server.call().sendHeaders(new Metadata());
              server.call().sendMessage("nobody hears");
              server.call().close(Status.OK, new Metadata());
            })
        .doesNotThrowAnyException();
  }

  @Test
  void givenServerGone_whenClientSends_thenItIsIgnored() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    handler.accept().call().close(Status.OK, new Metadata());
    client.end();
    assertThatCode(
            () -> {
              client.call().request(1);
              client.call().sendMessage("nobody hears");
              client.call().halfClose();
              client.call().cancel("too late", null);
            })
        .doesNotThrowAnyException();
  }

  @Test
  void givenMessageCompressionSwitch_whenUncompressed_thenItChangesNothing() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().setMessageCompression(true);
    client.call().setMessageCompression(false);
    client.call().sendMessage("plain");
    RawHandler.Accepted server = handler.accept();
    server.call().setMessageCompression(true);
    server.call().setMessageCompression(false);
    server.call().request(1);
    server.log().nextMessages("plain");
  }
}
