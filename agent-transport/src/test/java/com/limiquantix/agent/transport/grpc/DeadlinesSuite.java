package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Deadlines: carried to the server and enforced at both ends. */
public abstract class DeadlinesSuite extends GrpcSemanticsTest {
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);
  private static final long SHORT_MILLIS = 100;

  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final RawHandler handler = new RawHandler();
  private Channel channel = new NoChannel();

  @BeforeEach
  final void startHandler() throws Exception {
    channel = startRaw(handler);
  }

  @AfterEach
  final void endClock() {
    clock.shutdownNow();
  }

  private static CallOptions shortDeadline() {
    return CallOptions.DEFAULT.withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Seconds left of the deadline that the server's context carries. */
  private static long secondsLeft(RawHandler.Accepted server) {
    Deadline deadline = server.context().getDeadline();
    return Objects.requireNonNull(deadline, "no deadline at the server")
        .timeRemaining(TimeUnit.SECONDS);
  }

  private void assertEndsByDeadline(RawClient client, RawHandler.Accepted server)
      throws InterruptedException {
    assertThat(client.end().status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    server.log().next(Event.Cancel.class);
    server.awaitContextCancelled();
    assertThat(server.call().isCancelled()).isTrue();
    assertUsable(channel);
  }

  @Test
  void givenDeadline_whenCallArrives_thenServerContextCarriesIt() throws Exception {
    RawClient.start(
        channel, Raw.CHAT, CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.SECONDS));
    assertThat(secondsLeft(handler.accept())).isBetween(280L, 300L);
  }

  @Test
  void givenNoDeadline_whenCallArrives_thenServerContextHasNone() throws Exception {
    RawClient.start(channel, Raw.CHAT);
    assertThat(handler.accept().context().getDeadline()).isNull();
  }

  @Test
  void givenDeadline_whenCallArrives_thenMetadataShowsTheTimeout() throws Exception {
    RawClient.start(
        channel, Raw.CHAT, CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.SECONDS));
    assertThat(handler.accept().headers().get(TIMEOUT)).matches("\\d{1,8}[HMSmun]");
  }

  @Test
  void givenTimeoutHeaderOfTheApplication_whenCallHasDeadline_thenTheDeadlineHolds()
      throws Exception {
    Metadata headers = new Metadata();
    headers.put(TIMEOUT, "1n");
    RawClient.start(
        channel, Raw.CHAT, CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.SECONDS), headers);
    assertThat(secondsLeft(handler.accept())).isBetween(280L, 300L);
  }

  @Test
  void givenDeadline_whenServerIsSilent_thenBothEndsAreCancelled() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, shortDeadline());
    assertEndsByDeadline(client, handler.accept());
  }

  @Test
  void givenDeadline_whenItPasses_thenTheTextSaysWhichAndWhen() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, shortDeadline());
    assertThat(client.end().status().getDescription())
        .startsWith("CallOptions deadline exceeded after ");
  }

  @Test
  void givenDeadline_whenItPassesWhileAnswersWaitUnread_thenTheyAreDropped() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, shortDeadline());
    handler.accept().answer("nobody asked for it");
    client.log().next(Event.Headers.class);
    assertThat(client.log().next(Event.Close.class).status().getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void givenDeadline_whenServerAnswersTooLate_thenItsAnswerIsIgnored() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, shortDeadline());
    RawHandler.Accepted server = handler.accept();
    assertEndsByDeadline(client, server);
    server.answer("late");
    server.call().close(Status.OK, new Metadata());
    assertUsable(channel);
    assertThat(client.log().unread()).isEmpty();
    assertThat(server.log().unread()).isEmpty();
  }

  @Test
  void givenDeadlineInThePast_whenStarted_thenFailsAtOnceAndNothingIsSent() throws Exception {
    RawClient client =
        RawClient.start(
            channel, Raw.CHAT, CallOptions.DEFAULT.withDeadlineAfter(-1, TimeUnit.SECONDS));
    Status status = client.log().next(Event.Close.class).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(status.getDescription())
        .startsWith("ClientCall started after CallOptions deadline was exceeded");
    client.call().request(1);
    client.call().sendMessage("ignored");
    client.call().halfClose();
    assertUsable(channel);
    assertThat(handler.waiting()).isZero();
  }

  @Test
  void givenContextDeadline_whenCallArrives_thenServerContextCarriesIt() throws Exception {
    try (Context.CancellableContext context =
        Context.current().withDeadlineAfter(300, TimeUnit.SECONDS, clock)) {
      context.run(() -> RawClient.start(channel, Raw.CHAT));
      assertThat(secondsLeft(handler.accept())).isBetween(280L, 300L);
    }
  }

  @Test
  void givenContextDeadlineBeforeTheOptions_whenItPasses_thenCallEnds() throws Exception {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.SECONDS);
    try (Context.CancellableContext context =
        Context.current().withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS, clock)) {
      RawClient client = context.wrap(() -> RawClient.start(channel, Raw.CHAT, options)).call();
      RawHandler.Accepted server = handler.accept();
      assertThat(secondsLeft(server)).isLessThan(1);
      assertEndsByDeadline(client, server);
    }
  }

  @Test
  void givenOptionsDeadlineBeforeTheContext_whenItPasses_thenCallEnds() throws Exception {
    try (Context.CancellableContext context =
        Context.current().withDeadlineAfter(300, TimeUnit.SECONDS, clock)) {
      RawClient client =
          context.wrap(() -> RawClient.start(channel, Raw.CHAT, shortDeadline())).call();
      RawHandler.Accepted server = handler.accept();
      assertThat(secondsLeft(server)).isLessThan(1);
      assertEndsByDeadline(client, server);
    }
  }

  @Test
  void givenContextDeadlineInThePast_whenStarted_thenDeadlineExceeded() throws Exception {
    try (Context.CancellableContext context =
        Context.current().withDeadlineAfter(-1, TimeUnit.SECONDS, clock)) {
      RawClient client = context.wrap(() -> RawClient.start(channel, Raw.CHAT)).call();
      assertThat(client.end().status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(handler.waiting()).isZero();
    }
  }

  @Test
  void givenServerOfACall_whenItCallsOn_thenTheDeadlineGoesAlong() throws Exception {
    RawClient.start(
        channel, Raw.CHAT, CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.SECONDS));
    RawHandler.Accepted outer = handler.accept();
    outer.context().run(() -> RawClient.start(channel, Raw.CHAT));
    assertThat(secondsLeft(handler.accept())).isBetween(270L, 300L);
  }

  @Test
  void givenCallThatEndedInTime_whenItsDeadlinePasses_thenNothingMoreIsHeard() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, shortDeadline());
    RawHandler.Accepted server = handler.accept();
    server.call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    server.log().next(Event.Complete.class);
    RawClient later = RawClient.start(channel, Raw.CHAT, shortDeadline());
    assertThat(later.end().status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(client.log().unread()).isEmpty();
    assertThat(server.log().unread()).isEmpty();
  }
}
