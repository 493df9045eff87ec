package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stream tracers, on which metrics stand, and the attributes of calls. */
public abstract class TracersSuite extends GrpcSemanticsTest {
  private final RawHandler handler = new RawHandler();
  private final TracerLog.OfClient clientTracers = new TracerLog.OfClient();
  private final TracerLog.OfServer serverTracers = new TracerLog.OfServer();
  private Channel channel = new NoChannel();

  @BeforeEach
  final void startTraced() throws Exception {
    channel = start(setup().service(Raw.service(handler)).serverTracer(serverTracers)).channel();
  }

  private CallOptions traced() {
    return CallOptions.DEFAULT.withStreamTracerFactory(clientTracers);
  }

  private static TracerLog take(BlockingQueue<TracerLog> logs) throws InterruptedException {
    TracerLog log = logs.poll(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(log).as("a tracer is made").isNotNull();
    return Objects.requireNonNull(log);
  }

  /** Two messages each way, then OK. */
  private void fullCall(CallOptions options) throws InterruptedException {
    RawClient client = RawClient.start(channel, Raw.CHAT, options);
    client.call().request(3);
    client.call().sendMessage("12345");
    client.call().sendMessage("67890");
    client.call().halfClose();
    RawHandler.Accepted server = handler.accept();
    server.call().request(3);
    server.log().nextMessages("12345", "67890");
    server.answer("123");
    server.call().sendMessage("456");
    server.call().close(Status.OK, new Metadata());
    assertThat(client.end().status()).isEqualTo(Status.OK);
    server.log().skipTo(Event.Complete.class);
  }

  @Test
  void givenClientTracer_whenCallRuns_thenItIsToldEachStepInOrder() throws Exception {
    fullCall(traced());
    TracerLog log = take(clientTracers.logs);
    assertThat(log.end()).isEqualTo(Status.OK);
    assertThat(log.events())
        .containsSubsequence("created", "out headers", "out message 0", "out message 1")
        .containsSubsequence(
            "created", "in headers", "in message 0", "in message 1", "in trailers", "closed")
        .doesNotHaveDuplicates()
        .hasSize(9);
  }

  @Test
  void givenServerTracer_whenCallRuns_thenItIsToldEachStepInOrder() throws Exception {
    fullCall(CallOptions.DEFAULT);
    TracerLog log = take(serverTracers.logs);
    assertThat(log.end().getCode()).isEqualTo(Status.Code.OK);
    assertThat(log.method).isEqualTo("semantics.Raw/Chat");
    assertThat(log.events())
        .containsSubsequence("filter", "started semantics.Raw/Chat", "closed")
        .containsSubsequence("in message 0", "in message 1", "closed")
        .containsSubsequence("out message 0", "out message 1", "closed")
        .doesNotHaveDuplicates()
        .hasSize(7);
  }

  @Test
  void givenTracersOfBothSides_whenMessagesPass_thenTheyAreToldTheSizes() throws Exception {
    requires(Capability.MESSAGE_SIZES);
    fullCall(traced());
    TracerLog client = take(clientTracers.logs);
    TracerLog server = take(serverTracers.logs);
    client.end();
    server.end();
    assertThat(client.outbound).hasValue(10);
    assertThat(client.inbound).hasValue(6);
    assertThat(server.inbound).hasValue(10);
    assertThat(server.outbound).hasValue(6);
  }

  @Test
  void givenClientTracerThatAddsAHeader_whenCallStarts_thenServerSeesIt() throws Exception {
    RawClient.start(channel, Raw.CHAT, traced());
    assertThat(handler.accept().headers().get(TracerLog.ADDED)).isEqualTo("by the tracer");
  }

  @Test
  void givenServerTracerThatFiltersTheContext_whenHandled_thenCallbacksSeeIt() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    assertThat(TracerLog.FILTERED.get(server.context())).isEqualTo("by the tracer");
    client.call().cancel("seen", null);
    server.log().next(Event.Cancel.class);
    assertThat(server.log().all())
        .allSatisfy(
            seen -> assertThat(TracerLog.FILTERED.get(seen.context())).isEqualTo("by the tracer"));
  }

  @Test
  void givenSeveralTracers_whenCallRuns_thenAllAreTold() throws Exception {
    TracerLog.OfClient second = new TracerLog.OfClient();
    fullCall(traced().withStreamTracerFactory(second));
    TracerLog log = take(clientTracers.logs);
    TracerLog other = take(second.logs);
    assertThat(log.end()).isEqualTo(other.end());
    assertThat(log.events()).containsExactlyInAnyOrderElementsOf(other.events());
  }

  @Test
  void givenCancelledCall_whenItEnds_thenBothTracersAreClosedOnce() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, traced());
    RawHandler.Accepted server = handler.accept();
    client.call().cancel("enough", null);
    client.end();
    server.log().next(Event.Cancel.class);
    assertUsable(channel);
    assertThat(take(clientTracers.logs).end().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(take(serverTracers.logs).end().isOk()).isFalse();
  }

  @Test
  void givenCallPastItsDeadline_whenItEnds_thenBothTracersAreClosedOnce() throws Exception {
    CallOptions options = traced().withDeadlineAfter(100, TimeUnit.MILLISECONDS);
    RawClient client = RawClient.start(channel, Raw.CHAT, options);
    handler.accept();
    assertThat(client.end().status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    // The server's own deadline may reset the stream before the client's passes.
    assertThat(take(clientTracers.logs).end().getCode())
        .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED);
    assertThat(take(serverTracers.logs).end().isOk()).isFalse();
  }

  @Test
  void givenFailedCall_whenItEnds_thenClientTracerHasItsStatus() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT, traced());
    handler.accept().call().close(Status.DATA_LOSS.withDescription("lost"), new Metadata());
    client.end();
    Status end = take(clientTracers.logs).end();
    assertThat(end.getCode()).isEqualTo(Status.Code.DATA_LOSS);
    assertThat(end.getDescription()).isEqualTo("lost");
    take(serverTracers.logs).end();
  }

  @Test
  void givenUnknownMethod_whenCalled_thenServerTracerIsToldAllTheSame() throws Exception {
    RawClient client =
        RawClient.start(
            channel, Raw.method("Unknown", io.grpc.MethodDescriptor.MethodType.UNARY), traced());
    client.ask("anybody?", 2);
    assertThat(client.end().status().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    TracerLog server = take(serverTracers.logs);
    assertThat(server.method).isEqualTo("semantics.Raw/Unknown");
    server.end();
    assertThat(take(clientTracers.logs).end().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void givenCall_whenItRuns_thenBothSidesKnowTheRemoteAddress() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().sendHeaders(new Metadata());
    client.log().next(Event.Headers.class);
    assertThat(client.call().getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)).isNotNull();
    assertThat(server.call().getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)).isNotNull();
  }

  @Test
  void givenCall_whenItRuns_thenBothSidesKnowTheirOwnAddress() throws Exception {
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    server.call().sendHeaders(new Metadata());
    client.log().next(Event.Headers.class);
    assertThat(client.call().getAttributes().get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR)).isNotNull();
    assertThat(server.call().getAttributes().get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR)).isNotNull();
  }
}
