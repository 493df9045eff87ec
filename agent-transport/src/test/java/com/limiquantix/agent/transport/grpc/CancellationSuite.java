package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cancellation from either side, and which of its ends each side hears. */
public abstract class CancellationSuite extends GrpcSemanticsTest {
  private final RawHandler handler = new RawHandler();
  private Channel channel = new NoChannel();

  @BeforeEach
  final void startHandler() throws Exception {
    channel = startRaw(handler);
  }

  private static void assertCancelled(RawHandler.Accepted server) throws InterruptedException {
    server.log().next(Event.Cancel.class);
    assertThat(server.call().isCancelled()).isTrue();
    server.awaitContextCancelled();
    assertThat(server.context().cancellationCause()).isNotNull();
  }

  @Test
  void givenNewCall_whenClientCancels_thenItsOwnTextAndCauseComeBack() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    Planted cause = new Planted("why");
    client.call().cancel("changed my mind", cause);
    Event.Close end = client.log().next(Event.Close.class);
    assertThat(end.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(end.status().getDescription()).isEqualTo("changed my mind");
    assertThat(end.status().getCause()).isSameAs(cause);
    assertCancelled(server);
  }

  @Test
  void givenFirstAnswer_whenClientCancels_thenBothSidesEnd() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().request(5);
    client.call().sendMessage("ask");
    RawHandler.Accepted server = handler.accept();
    server.answer("answer");
    client.log().next(Event.Headers.class);
    client.log().nextMessages("answer");
    client.call().cancel("enough", null);
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getDescription()).isEqualTo("enough");
    assertCancelled(server);
  }

  @Test
  void givenCancelledCall_whenServerGoesOn_thenNothingIsThrownOrDelivered() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().request(5);
    RawHandler.Accepted server = handler.accept();
    client.call().cancel("gone", null);
    client.log().next(Event.Close.class);
    assertCancelled(server);
    server.answer("late");
    server.call().request(1);
    server.call().close(Status.OK, new Metadata());
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
    assertThat(server.log().unread()).as("no onComplete after onCancel").isEmpty();
  }

  @Test
  void givenCauseAlone_whenClientCancels_thenItIsTheStatusCause() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    Planted cause = new Planted("alone");
    client.call().cancel(null, cause);
    Status status = client.end().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getCause()).isSameAs(cause);
  }

  @Test
  void givenCancelledCall_whenCancelledAgain_thenItEndsOnce() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().cancel("first", null);
    client.call().cancel("second", null);
    assertThat(client.end().status().getDescription()).isEqualTo("first");
    client.call().cancel("third", null);
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
  }

  @Test
  void givenEndedCall_whenCancelled_thenNothingHappens() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    server.log().next(Event.Complete.class);
    client.call().cancel("too late", null);
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
    assertThat(server.log().unread()).isEmpty();
  }

  @Test
  void givenUnreadAnswers_whenClientCancels_thenTheyAreDropped() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    handler.accept().answer("unread");
    client.log().next(Event.Headers.class);
    client.call().cancel("not interested", null);
    client.log().next(Event.Close.class);
  }

  @Test
  void givenUnreadRequests_whenClientCancels_thenServerHearsOnlyTheCancel() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().sendMessage("unread");
    client.call().halfClose();
    RawHandler.Accepted server = handler.accept();
    client.call().cancel("over", null);
    assertCancelled(server);
  }

  @Test
  void givenCancelWithinACallback_whenMessagesWait_thenCallEndsAndNothingFollows()
      throws Exception {
    RawClient client =
        RawClient.start(
            channel.newCall(Raw.CHAT, inTime()),
            new Metadata(),
            (call, event) -> {
              if (event instanceof Event.Message) {
                call.cancel("one is enough", null);
              }
            });
    client.call().request(10);
    RawHandler.Accepted server = handler.accept();
    server.answer("one");
    server.call().sendMessage("two");
    client.log().next(Event.Headers.class);
    client.log().nextMessages("one");
    assertThat(client.end().status().getDescription()).isEqualTo("one is enough");
    assertCancelled(server);
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
  }

  @Test
  void givenClientContext_whenItIsCancelled_thenBothSidesEndWithItsCause() throws Exception {
    Context.CancellableContext context = Context.current().withCancellation();
    RawClient client = context.wrap(() -> RawClient.start(channel, Raw.CHAT)).call();
    RawHandler.Accepted server = handler.accept();
    Planted cause = new Planted("the caller was cancelled");
    context.cancel(cause);
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getCause()).isSameAs(cause);
    assertCancelled(server);
  }

  @Test
  void givenCancelledContext_whenCallStarts_thenNothingIsSent() throws Exception {
    Context.CancellableContext context = Context.current().withCancellation();
    context.cancel(null);
    RawClient client = context.wrap(() -> RawClient.start(channel, Raw.CHAT)).call();
    assertThat(client.log().next(Event.Close.class).status().getCode())
        .isEqualTo(Status.Code.CANCELLED);
    assertUsable(channel);
    assertThat(handler.waiting()).isZero();
  }

  @Test
  void givenEndedCall_whenItsContextIsCancelled_thenNothingHappens() throws Exception {
    Context.CancellableContext context = Context.current().withCancellation();
    RawClient client = context.wrap(() -> RawClient.start(channel, Raw.CHAT)).call();
    handler.accept().call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    context.cancel(new Planted("too late"));
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
  }

  @Test
  void givenServerOfACall_whenItIsCancelled_thenItsOwnCallsAreToo() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted outer = handler.accept();
    RawClient onward = outer.context().wrap(() -> RawClient.start(channel, Raw.CHAT)).call();
    RawHandler.Accepted inner = handler.accept();
    client.call().cancel("the whole chain", null);
    assertThat(onward.end().status().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertCancelled(inner);
  }

  @Test
  void givenStreamingClient_whenServerRefusesEarly_thenClientHearsWhyAndSendingIsIgnored()
      throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().sendMessage("one");
    RawHandler.Accepted server = handler.accept();
    server.call().close(Status.CANCELLED.withDescription("by the server"), new Metadata());
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getDescription()).isEqualTo("by the server");
    client.call().sendMessage("two");
    client.call().halfClose();
    server.log().next(Event.Complete.class);
    assertThat(server.call().isCancelled()).as("closed, not cancelled").isFalse();
    assertUsable(channel);
  }

  @Test
  void givenFailedStatus_whenTrailersHaveLeft_thenServerHearsComplete() throws Exception {
    RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    assertThat(server.call().isCancelled()).isFalse();
    assertThat(server.context().isCancelled()).isFalse();
    server.call().close(Status.NOT_FOUND, new Metadata());
    server.log().next(Event.Complete.class);
    assertThat(server.call().isCancelled()).isFalse();
  }

  @Test
  void givenCompletedCall_whenOnCompleteHasReturned_thenContextEndsWithoutCause() throws Exception {
    RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().close(Status.OK, new Metadata());
    server.log().next(Event.Complete.class);
    server.awaitContextCancelled();
    assertThat(server.context().cancellationCause()).isNull();
  }

  @Test
  void givenHandlerThatBlocks_whenClientCancels_thenItsContextEndsAtOnce() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    RawHandler blocking =
        new RawHandler(
            (call, event) -> {
              if (event instanceof Event.Message) {
                Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
                try {
                  await(cancelled, "the context ends while its handler blocks");
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              }
            });
    RawClient client = RawClient.start(startRaw(blocking), Raw.CHAT);
    client.call().sendMessage("block");
    RawHandler.Accepted server = blocking.accept();
    server.call().request(1);
    server.log().nextMessages("block");
    client.call().cancel("no patience", null);
    assertThat(cancelled.await(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertCancelled(server);
  }

  @Test
  void givenManyCalls_whenCancelledWhileTheyStart_thenEachEndsOnce() throws Exception {
    for (int i = 0; i < 300; i++) {
      RawClient client = RawClient.start(channel, Raw.CHAT);
      client.call().sendMessage("n" + i);
      client.call().cancel("at once", null);
      assertThat(client.log().next(Event.Close.class).status().getCode())
          .isEqualTo(Status.Code.CANCELLED);
    }
    assertUsable(channel);
    for (int waiting = handler.waiting(); waiting > 0; waiting--) {
      assertCancelled(handler.accept());
    }
  }
}
