package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Demand and readiness: who reads slowly is sent slowly, and delays nobody else. */
public abstract class FlowControlSuite extends GrpcSemanticsTest {
  private static final int KIBIBYTE = 1 << 10;
  private static final int MEBIBYTE = 1 << 20;
  private static final String CHUNK = "c".repeat(64 * KIBIBYTE);

  /** Chunks that a sender may get rid of while nobody reads: 32 MiB, far above any window. */
  private static final int ENDLESS = 512;

  private final RawHandler handler = new RawHandler();
  private Channel channel = new NoChannel();

  @BeforeEach
  final void startHandler() throws Exception {
    channel = startRaw(handler);
  }

  /** Sends chunks while the sender is ready and returns how many. */
  private static int fill(BooleanSupplier isReady, Consumer<String> send) {
    int sent = 0;
    while (isReady.getAsBoolean()) {
      assertThat(sent).as("chunks sent though nobody reads").isLessThan(ENDLESS);
      send.accept(CHUNK);
      sent++;
    }
    return sent;
  }

  @Test
  void givenNoRequest_whenServerSends_thenNothingIsDelivered() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.answer("1");
    server.call().sendMessage("2");
    server.call().sendMessage("3");
    client.log().next(Event.Headers.class);
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
    client.call().request(2);
    client.log().nextMessages("1", "2");
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
    client.call().request(1);
    client.log().nextMessages("3");
  }

  @Test
  void givenNoRequest_whenClientSends_thenNothingIsDelivered() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().sendMessage("1");
    client.call().sendMessage("2");
    client.call().sendMessage("3");
    client.call().halfClose();
    RawHandler.Accepted server = handler.accept();
    assertUsable(channel);
    assertThat(server.log().unread()).isEmpty();
    server.call().request(2);
    server.log().nextMessages("1", "2");
    assertUsable(channel);
    assertThat(server.log().unread()).as("the half close stays behind the message").isEmpty();
    server.call().request(2);
    server.log().nextMessages("3");
    server.log().next(Event.HalfClose.class);
  }

  @Test
  void givenUnreadAnswers_whenServerEnds_thenTheEndWaitsBehindThem() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.answer("1");
    server.call().sendMessage("2");
    server.call().close(Status.OK, new Metadata());
    client.log().next(Event.Headers.class);
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
    client.call().request(1);
    client.log().nextMessages("1");
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
    client.call().request(1);
    client.log().nextMessages("2");
    assertThat(client.log().next(Event.Close.class).status()).isEqualTo(Status.OK);
  }

  @Test
  void givenMuchUnread_whenServerEnds_thenAllOfItArrivesBeforeTheEnd() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().sendHeaders(new Metadata());
    for (int i = 0; i < 100; i++) {
      server.call().sendMessage(CHUNK);
    }
    server.call().close(Status.OK, new Metadata());
    client.log().next(Event.Headers.class);
    for (int i = 0; i < 100; i++) {
      client.call().request(1);
      assertThat(client.log().nextMessage()).hasSameSizeAs(CHUNK);
    }
    assertThat(client.log().next(Event.Close.class).status()).isEqualTo(Status.OK);
  }

  @Test
  void givenServerThatDoesNotRead_whenClientSends_thenNotReadyUntilItReads() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().request(1);
    client.log().awaitReady();
    int sent = fill(client.call()::isReady, client.call()::sendMessage);
    client.log().forgetReady();
    server.call().request(sent);
    for (int i = 0; i < sent; i++) {
      server.log().nextMessage();
    }
    server.call().request(1);
    client.log().awaitReady();
    assertThat(client.call().isReady()).isTrue();
  }

  @Test
  void givenClientThatDoesNotRead_whenServerSends_thenNotReadyUntilItReads() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().request(1);
    RawHandler.Accepted server = handler.accept();
    server.call().sendHeaders(new Metadata());
    server.log().awaitReady();
    int sent = fill(server.call()::isReady, server.call()::sendMessage);
    server.log().forgetReady();
    client.call().request(sent);
    client.log().next(Event.Headers.class);
    for (int i = 0; i < sent; i++) {
      client.log().nextMessage();
    }
    client.call().request(1);
    server.log().awaitReady();
    assertThat(server.call().isReady()).isTrue();
  }

  @Test
  void givenEndedCall_whenAsked_thenNotReady() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().cancel("over", null);
    client.end();
    assertThat(client.call().isReady()).isFalse();
  }

  @Test
  void givenRequestWithinStartCall_whenMessageIsThere_thenDeliveredOnlyAfterStartCall()
      throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    AtomicBoolean returned = new AtomicBoolean();
    BlockingQueue<Boolean> order = new LinkedBlockingQueue<>();
    Channel early =
        start(
                setup()
                    .service(
                        Raw.service(
                            (call, headers) -> {
                              call.request(1);
                              awaitQuietly(sent);
                              returned.set(true);
                              return new ServerCall.Listener<>() {
                                @Override
                                public void onMessage(String message) {
                                  order.add(returned.get());
                                }
                              };
                            })))
            .channel();
    RawClient client = RawClient.start(early, Raw.CHAT);
    client.call().sendMessage("early");
    assertUsable(early);
    sent.countDown();
    assertThat(order.poll(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      await(latch, "the test lets the handler go on");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void givenRequestWithinCallbacks_whenManyAnswers_thenOneAfterTheOther() throws Exception {
    RawClient client =
        RawClient.start(
            channel.newCall(Raw.CHAT, inTime()),
            new Metadata(),
            (call, event) -> {
              if (event instanceof Event.Headers || event instanceof Event.Message) {
                call.request(1);
              }
            });
    RawHandler.Accepted server = handler.accept();
    server.call().sendHeaders(new Metadata());
    for (int i = 0; i < 2_000; i++) {
      server.call().sendMessage("n" + i);
    }
    server.call().close(Status.OK, new Metadata());
    client.log().next(Event.Headers.class);
    for (int i = 0; i < 2_000; i++) {
      client.log().nextMessages("n" + i);
    }
    assertThat(client.log().next(Event.Close.class).status()).isEqualTo(Status.OK);
  }

  @Test
  void givenHugeDemand_whenRequestedTwice_thenItSaturates() throws Exception {
    requires(Capability.DEMAND_SATURATES);
    RawClient client = RawClient.start(channel, Raw.CHAT);
    client.call().request(Integer.MAX_VALUE);
    client.call().request(Integer.MAX_VALUE);
    RawHandler.Accepted server = handler.accept();
    server.call().request(Integer.MAX_VALUE);
    server.call().request(Integer.MAX_VALUE);
    client.call().sendMessage("ask");
    server.log().nextMessages("ask");
    server.answer("answer");
    client.log().next(Event.Headers.class);
    client.log().nextMessages("answer");
  }

  @Test
  void givenNegativeDemand_whenRequested_thenIllegalArgument() {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    assertThatThrownBy(() -> client.call().request(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void givenManySmallMessages_whenBothSidesHeedReadiness_thenAllArriveInOrder() throws Exception {
    int count = 50_000;
    AtomicInteger next = new AtomicInteger();
    Channel flooding =
        start(setup().service(Raw.service(Raw.DOWNLOAD, new Flood(count)))).channel();
    CountDownLatch ended = new CountDownLatch(1);
    List<Status> end = new ArrayList<>();
    ClientCall<String, String> call =
        flooding.newCall(Raw.DOWNLOAD, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String message) {
            if (Integer.parseInt(message) == next.get()) {
              next.incrementAndGet();
            }
            call.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end.add(status);
            ended.countDown();
          }
        },
        new Metadata());
    call.request(32);
    call.sendMessage("go");
    call.halfClose();
    assertThat(ended.await(30, TimeUnit.SECONDS)).as("the flood ends").isTrue();
    assertThat(end).containsExactly(Status.OK);
    assertThat(next).hasValue(count);
  }

  /** Sends numbers, but only while the call is ready. */
  private record Flood(int count) implements io.grpc.ServerCallHandler<String, String> {
    @Override
    public ServerCall.Listener<String> startCall(
        ServerCall<String, String> call, Metadata headers) {
      call.sendHeaders(new Metadata());
      call.request(2);
      return new ServerCall.Listener<>() {
        private int sent;
        private boolean asked;

        @Override
        public void onHalfClose() {
          asked = true;
          onReady();
        }

        @Override
        public void onReady() {
          while (asked && call.isReady() && sent < count) {
            call.sendMessage(Integer.toString(sent));
            if (++sent == count) {
              call.close(Status.OK, new Metadata());
            }
          }
        }
      };
    }
  }

  @Test
  void givenManualInboundFlow_whenStubsReadOneByOne_thenAllArrive() throws Exception {
    Channel manual =
        start(
                setup()
                    .service(
                        Raw.service(
                            Raw.CHAT,
                            ServerCalls.asyncBidiStreamingCall(
                                answers -> {
                                  ServerCallStreamObserver<String> server =
                                      (ServerCallStreamObserver<String>) answers;
                                  server.disableAutoRequest();
                                  server.request(1);
                                  return new ManualEcho(server);
                                }))))
            .channel();
    Answers<String> answers = new Answers<>();
    BlockingQueue<ClientCallStreamObserver<String>> requests = new LinkedBlockingQueue<>();
    ClientCalls.asyncBidiStreamingCall(
        manual.newCall(Raw.CHAT, inTime()),
        new ClientResponseObserver<String, String>() {
          @Override
          public void beforeStart(ClientCallStreamObserver<String> stream) {
            stream.disableAutoRequestWithInitial(0);
            requests.add(stream);
          }

          @Override
          public void onNext(String value) {
            answers.onNext(value);
          }

          @Override
          public void onError(Throwable failure) {
            answers.onError(failure);
          }

          @Override
          public void onCompleted() {
            answers.onCompleted();
          }
        });
    ClientCallStreamObserver<String> stream = requests.remove();
    for (int i = 0; i < 100; i++) {
      stream.onNext("n" + i);
    }
    stream.onCompleted();
    for (int i = 0; i < 100; i++) {
      stream.request(1);
      assertThat(answers.next()).isEqualTo("n" + i);
    }
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  /** Answers each message with itself and asks for the next one. */
  private record ManualEcho(ServerCallStreamObserver<String> answers)
      implements io.grpc.stub.StreamObserver<String> {
    @Override
    public void onNext(String value) {
      answers.onNext(value);
      answers.request(1);
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {
      answers.onCompleted();
    }
  }

  @Test
  void givenMessageLargerThanAnyWindow_whenEchoed_thenItArrivesWhole() {
    String text = "m".repeat(3 * MEBIBYTE);
    assertThat(ClientCalls.blockingUnaryCall(channel, ECHO, inTime(), text)).isEqualTo(text);
  }

  @Test
  void givenRaisedLimits_whenTwentyMebibytes_thenItArrivesWhole() throws Exception {
    Channel large = start(setup().maxMessage(21 * MEBIBYTE)).channel();
    String text = "l".repeat(20 * MEBIBYTE);
    assertThat(ClientCalls.blockingUnaryCall(large, ECHO, inTime(), text)).isEqualTo(text);
  }

  @Test
  void givenHundredsOfCallsThatNobodyReads_whenAnotherWorks_thenItIsNotDelayed() throws Exception {
    List<RawClient> unread = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      unread.add(RawClient.start(channel, Raw.CHAT));
      RawHandler.Accepted server = handler.accept();
      server.call().sendHeaders(new Metadata());
      for (int sent = 0; sent < 4 && server.call().isReady(); sent++) {
        server.call().sendMessage(CHUNK);
      }
    }
    for (int i = 0; i < 50; i++) {
      assertUsable(channel);
    }
    for (RawClient client : unread) {
      client.call().cancel("never read", null);
      assertThat(client.end().status().getCode()).isEqualTo(Status.Code.CANCELLED);
    }
    assertUsable(channel);
  }

  @Test
  void givenSlowReader_whenAnotherReadsFast_thenOnlyTheSlowOneWaits() throws Exception {
    RawClient slow = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted slowServer = handler.accept();
    slowServer.call().sendHeaders(new Metadata());
    int waiting = fill(slowServer.call()::isReady, slowServer.call()::sendMessage);
    String text = "f".repeat(MEBIBYTE);
    for (int i = 0; i < 10; i++) {
      assertThat(ClientCalls.blockingUnaryCall(channel, ECHO, inTime(), text)).hasSize(MEBIBYTE);
    }
    slow.log().next(Event.Headers.class);
    assertThat(slow.log().unread()).isEmpty();
    slow.call().request(waiting);
    for (int i = 0; i < waiting; i++) {
      slow.log().nextMessage();
    }
  }

  @Test
  void givenBothSidesSendWithoutReading_whenTheyReadAtLast_thenNothingIsLost() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().sendHeaders(new Metadata());
    for (int i = 0; i < 40; i++) {
      client.call().sendMessage(CHUNK);
      server.call().sendMessage(CHUNK);
    }
    ListenableFuture<String> beside =
        ClientCalls.futureUnaryCall(channel.newCall(ECHO, inTime()), "beside");
    assertThat(beside.get(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("beside");
    client.call().request(40);
    server.call().request(40);
    client.log().next(Event.Headers.class);
    for (int i = 0; i < 40; i++) {
      client.log().nextMessage();
      server.log().nextMessage();
    }
  }
}
