package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The beginning and the end of channels and servers. */
public abstract class LifecycleSuite extends GrpcSemanticsTest {
  private final RawHandler handler = new RawHandler();

  private GrpcPair startRawPair() throws Exception {
    return start(setup().service(Raw.service(handler)));
  }

  private static void assertTerminates(ManagedChannel channel) throws InterruptedException {
    assertThat(channel.awaitTermination(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(channel.isTerminated()).isTrue();
  }

  private static void assertTerminates(Server server) throws InterruptedException {
    assertThat(server.awaitTermination(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(server.isTerminated()).isTrue();
  }

  private static void assertUnavailable(RawClient client) throws InterruptedException {
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).as("code of %s", status).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).isNotBlank();
  }

  /** Shows that messages still pass both ways. */
  private static void assertAlive(RawClient client, RawHandler.Accepted server)
      throws InterruptedException {
    server.call().request(1);
    client.call().request(1);
    client.call().sendMessage("still");
    server.log().nextMessages("still");
    server.answer("here");
    client.log().next(Event.Headers.class);
    client.log().nextMessages("here");
  }

  @Test
  void givenLiveCall_whenChannelShutsDown_thenItGoesOnAndNewOnesAreRefused() throws Exception {
    GrpcPair pair = startRawPair();
    RawClient client = RawClient.start(pair.channel(), Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    assertThat(pair.channel().isShutdown()).isFalse();
    pair.channel().shutdown();
    assertThat(pair.channel().isShutdown()).isTrue();
    assertUnavailable(RawClient.start(pair.channel(), Raw.CHAT));
    assertAlive(client, server);
    assertThat(pair.channel().isTerminated()).isFalse();
    assertThat(pair.channel().awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse();
    server.call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    assertTerminates(pair.channel());
    assertThat(handler.waiting()).isZero();
  }

  @Test
  void givenLiveCalls_whenChannelShutsDownNow_thenTheyEndWithAReason() throws Exception {
    GrpcPair pair = startRawPair();
    RawClient client = RawClient.start(pair.channel(), Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    pair.channel().shutdownNow();
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
    assertThat(status.getDescription()).isNotBlank();
    server.log().next(Event.Cancel.class);
    assertTerminates(pair.channel());
    assertUnavailable(RawClient.start(pair.channel(), Raw.CHAT));
  }

  @Test
  void givenLiveCall_whenServerShutsDown_thenItGoesOnAndNewOnesAreRefused() throws Exception {
    GrpcPair pair = startRawPair();
    RawClient client = RawClient.start(pair.channel(), Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    assertThat(pair.server().isShutdown()).isFalse();
    pair.server().shutdown();
    assertThat(pair.server().isShutdown()).isTrue();
    assertUnavailable(RawClient.start(pair.channel(), Raw.CHAT));
    assertAlive(client, server);
    assertThat(pair.server().isTerminated()).isFalse();
    assertThat(pair.server().awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse();
    server.call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    assertTerminates(pair.server());
    assertThat(handler.waiting()).isZero();
  }

  @Test
  void givenLiveCalls_whenServerShutsDownNow_thenBothSidesHear() throws Exception {
    GrpcPair pair = startRawPair();
    RawClient client = RawClient.start(pair.channel(), Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    pair.server().shutdownNow();
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
    assertThat(status.getDescription()).isNotBlank();
    server.log().next(Event.Cancel.class);
    server.awaitContextCancelled();
    assertTerminates(pair.server());
  }

  @Test
  void givenUnusedPair_whenShutDown_thenBothTerminate() throws Exception {
    GrpcPair pair = start(setup());
    pair.channel().shutdown();
    pair.server().shutdown();
    assertTerminates(pair.channel());
    assertTerminates(pair.server());
    pair.channel().shutdown();
    pair.channel().shutdownNow();
    pair.server().shutdown();
    pair.server().shutdownNow();
    pair.server().awaitTermination();
    assertUnavailable(RawClient.start(pair.channel(), Raw.CHAT));
  }

  @Test
  void givenOnCloseThatIsStillRunning_whenShutDown_thenTerminatedOnlyAfterIt() throws Exception {
    requires(Capability.TERMINATES_AFTER_CALLBACKS);
    GrpcPair pair = startRawPair();
    CountDownLatch letGo = new CountDownLatch(1);
    RawClient client =
        RawClient.start(
            pair.channel().newCall(Raw.CHAT, CallOptions.DEFAULT),
            new Metadata(),
            (call, event) -> {
              if (event instanceof Event.Close) {
                try {
                  await(letGo, "the test lets onClose return");
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              }
            });
    handler.accept();
    pair.channel().shutdownNow();
    client.log().next(Event.Close.class);
    assertThat(pair.channel().awaitTermination(50, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(pair.channel().isTerminated()).isFalse();
    letGo.countDown();
    assertTerminates(pair.channel());
  }

  @Test
  void givenTerminatedPair_whenExecutorsEndAtOnce_thenNothingComesTooLate() throws Exception {
    requires(Capability.TERMINATES_AFTER_CALLBACKS);
    GrpcPair pair = startRawPair();
    for (int i = 0; i < 50; i++) {
      RawClient.start(pair.channel(), Raw.CHAT);
      handler.accept();
    }
    pair.channel().shutdownNow();
    assertTerminates(pair.channel());
    clientExecutor.end();
    pair.server().shutdownNow();
    assertTerminates(pair.server());
    serverExecutor.end();
    assertThat(clientExecutor.end()).as("late callbacks of the client").isZero();
    assertThat(serverExecutor.end()).as("late callbacks of the server").isZero();
  }

  @Test
  void givenServices_whenServerIsAsked_thenItListsThem() throws Exception {
    GrpcPair pair = startRawPair();
    assertThat(pair.server().getServices())
        .extracting(service -> service.getServiceDescriptor().getName())
        .contains(Raw.SERVICE);
    assertThat(pair.server().getImmutableServices())
        .extracting(service -> service.getServiceDescriptor().getName())
        .contains(Raw.SERVICE);
  }

  @Test
  void givenChannel_whenItLivesAndEnds_thenItsStateFollows() throws Exception {
    requires(Capability.CONNECTIVITY);
    GrpcPair pair = start(setup());
    assertThat(pair.channel().getState(true)).isEqualTo(ConnectivityState.READY);
    CountDownLatch changed = new CountDownLatch(1);
    pair.channel().notifyWhenStateChanged(ConnectivityState.READY, changed::countDown);
    assertThat(changed.getCount()).isEqualTo(1);
    pair.channel().shutdownNow();
    await(changed, "the listener hears of the shutdown");
    assertTerminates(pair.channel());
    assertThat(pair.channel().getState(false)).isEqualTo(ConnectivityState.SHUTDOWN);
  }

  @Test
  void givenStateThatIsPast_whenListenerIsAdded_thenItIsCalledAtOnce() throws Exception {
    requires(Capability.CONNECTIVITY);
    GrpcPair pair = start(setup());
    CountDownLatch changed = new CountDownLatch(1);
    pair.channel().notifyWhenStateChanged(ConnectivityState.IDLE, changed::countDown);
    await(changed, "the listener hears that the channel is not idle");
  }

  @Test
  void givenChannel_whenToldToIdleOrRetry_thenCallsStillWork() throws Exception {
    requires(Capability.CONNECTIVITY);
    GrpcPair pair = start(setup());
    assertThatCode(pair.channel()::resetConnectBackoff).doesNotThrowAnyException();
    assertThatCode(pair.channel()::enterIdle).doesNotThrowAnyException();
    ListenableFuture<String> answer =
        ClientCalls.futureUnaryCall(
            pair.channel().newCall(ECHO, inTime().withWaitForReady()), "after");
    assertThat(answer.get(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("after");
  }

  @Test
  void givenNoServerYet_whenCallWaitsForReady_thenItRunsOnceThereIsOne() throws Exception {
    requires(Capability.WAIT_FOR_READY);
    GrpcPair pair = prepare(setup().service(Raw.service(handler)));
    RawClient client = RawClient.start(pair.channel(), Raw.CHAT, inTime().withWaitForReady());
    client.call().request(1);
    client.call().sendMessage("one");
    client.call().sendMessage("two");
    client.call().halfClose();
    assertThat(client.log().unread()).isEmpty();
    pair.connect();
    RawHandler.Accepted server = handler.accept();
    server.call().request(3);
    server.log().nextMessages("one", "two");
    server.log().next(Event.HalfClose.class);
    server.answer("there");
    client.log().next(Event.Headers.class);
    client.log().nextMessages("there");
  }

  @Test
  void givenNoServer_whenCallDoesNotWait_thenUnavailable() throws Exception {
    requires(Capability.WAIT_FOR_READY);
    GrpcPair pair = prepare(setup());
    assertUnavailable(RawClient.start(pair.channel(), Raw.CHAT, inTime()));
  }

  @Test
  void givenNoServer_whenWaitingCallMeetsItsDeadline_thenDeadlineExceeded() throws Exception {
    requires(Capability.WAIT_FOR_READY);
    GrpcPair pair = prepare(setup());
    RawClient client =
        RawClient.start(
            pair.channel(),
            Raw.CHAT,
            CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(100, TimeUnit.MILLISECONDS));
    assertThat(client.log().next(Event.Close.class).status().getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void givenNoServer_whenWaitingCallIsCancelled_thenItEndsAndIsNeverSent() throws Exception {
    requires(Capability.WAIT_FOR_READY);
    GrpcPair pair = prepare(setup().service(Raw.service(handler)));
    RawClient client = RawClient.start(pair.channel(), Raw.CHAT, inTime().withWaitForReady());
    client.call().cancel("tired of waiting", null);
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(status.getDescription()).isEqualTo("tired of waiting");
    pair.connect();
    assertUsable(pair.channel());
    assertThat(handler.waiting()).isZero();
  }

  @Test
  void givenNoServer_whenChannelShutsDownNow_thenWaitingCallsEnd() throws Exception {
    requires(Capability.WAIT_FOR_READY);
    GrpcPair pair = prepare(setup());
    RawClient client = RawClient.start(pair.channel(), Raw.CHAT, inTime().withWaitForReady());
    pair.channel().shutdownNow();
    assertUnavailable(client);
    assertTerminates(pair.channel());
  }
}
