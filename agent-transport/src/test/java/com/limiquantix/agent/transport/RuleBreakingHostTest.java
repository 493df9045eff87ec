package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v2.CallCancel;
import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.internal.session.RawPeer;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.ManualExecutor;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server does about a host that breaks the rules of calls. */
class RuleBreakingHostTest {
  private static final int BUDGET_BYTES = 1 << 20;
  private static final byte[] REQUEST = NumberedService.message(7, 0, new byte[100]);

  private final ManualExecutor executor = new ManualExecutor();
  private final Queue<Runnable> handlers = new ArrayDeque<>();
  private final NumberedService service = new NumberedService();
  private final BufferBudget budget = new BufferBudget(BUDGET_BYTES);
  private final AgentServer server =
      AgentServer.builder(handlers::add, new FakeTimers())
          .budget(budget)
          .addService(service.definition())
          .build()
          .start();
  private final InProcessLink.Pair pair = InProcessLink.pair("test", executor);
  private final RawPeer host = RawPeer.host(pair.first());

  @BeforeEach
  void begin() {
    server.serve(pair.second());
    executor.runAll();
    host.hello(1);
    executor.runAll();
    host.heard();
  }

  private void run() {
    executor.runAll();
    Runnable handler = handlers.poll();
    while (handler != null) {
      handler.run();
      executor.runAll();
      handler = handlers.poll();
    }
  }

  private void open(int id, String method) {
    CallHeaders headers = CallHeaders.newBuilder().setMethod(method).setCredit(100_000).build();
    host.send(new Frame.Open(id, headers));
  }

  private void openEcho(int id) {
    open(id, NumberedService.ECHO.getFullMethodName());
  }

  private void openUpload(int id) {
    open(id, NumberedService.UPLOAD.getFullMethodName());
  }

  private void assertReset() {
    run();
    assertThat(host.heard()).last().isInstanceOf(Frame.Reset.class);
    assertThat(server.openSessions()).isZero();
    assertThat(budget.usedBytes()).isZero();
    host.hello(2);
    executor.runAll();
    openEcho(1);
    host.send(Frames.message(1, REQUEST));
    host.send(new Frame.HalfClose(1));
    run();
    assertThat(host.heard()).last().isInstanceOf(Frame.Trailers.class);
  }

  @Test
  void givenHalfClosedCall_whenItIsHalfClosedAgain_thenCarriedOutOnceAndReset() {
    openEcho(1);
    host.send(Frames.message(1, REQUEST));
    host.send(new Frame.HalfClose(1));
    host.send(new Frame.HalfClose(1));
    assertReset();
    assertThat(service.timesCarriedOut(7)).as("once here and once after").isLessThanOrEqualTo(2);
  }

  @Test
  void givenHalfClosedCall_whenAMessageFollows_thenReset() {
    openUpload(1);
    host.send(Frames.message(1, REQUEST));
    host.send(new Frame.HalfClose(1));
    host.send(Frames.message(1, REQUEST));
    assertReset();
  }

  @Test
  void givenHalfAMessage_whenTheCallIsHalfClosed_thenReset() {
    openUpload(1);
    host.send(new Frame.Message(1, 1_000, false, ByteBuffer.allocate(10)));
    host.send(new Frame.HalfClose(1));
    assertReset();
  }

  @Test
  void givenHalfAMessage_whenAnotherBegins_thenReset() {
    openUpload(1);
    host.send(new Frame.Message(1, 1_000, false, ByteBuffer.allocate(10)));
    host.send(Frames.message(1, REQUEST));
    assertReset();
  }

  @Test
  void givenOpenCall_whenItIsOpenedAgain_thenReset() {
    openUpload(1);
    openUpload(1);
    assertReset();
  }

  @Test
  void givenHost_whenItSendsWhatOnlyAnAgentMay_thenReset() {
    openUpload(1);
    host.send(new Frame.Headers(1, ResponseHeaders.getDefaultInstance()));
    assertReset();
  }

  @Test
  void givenCall_whenMoreComesThanItsCredit_thenReset() {
    openUpload(1);
    int limit = TransportLimits.DEFAULT.initialCallCredit();
    for (int sent = 0; sent <= limit; sent += 10_036) {
      host.send(new Frame.Message(1, 10_000, false, ByteBuffer.allocate(10_000)));
      executor.runAll();
    }
    assertReset();
  }

  @Test
  void givenCallsThatAreOpenedAndCancelledAtOnce_whenHandlersAreSlow_thenTheirNumberIsBounded() {
    int refused = 0;
    for (int id = 1; id <= 20_000; id++) {
      openEcho(id);
      host.send(new Frame.Cancel(id, CallCancel.newBuilder().setCode(1).build()));
      executor.runAll();
      for (Frame heard : host.heard()) {
        assertThat(heard).isInstanceOf(Frame.Trailers.class);
        assertThat(((Frame.Trailers) heard).message().getCode())
            .isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
        refused++;
      }
    }
    assertThat(handlers).hasSizeLessThanOrEqualTo(2 * TransportLimits.DEFAULT.maxCalls());
    assertThat(refused).isEqualTo(20_000 - 2 * TransportLimits.DEFAULT.maxCalls());
    run();
    openEcho(1);
    host.send(Frames.message(1, REQUEST));
    host.send(new Frame.HalfClose(1));
    run();
    assertThat(service.timesCarriedOut(7)).isEqualTo(1);
  }

  @Test
  void givenEmptyMessagesThatNobodyTakes_whenTheyGoOn_thenTheyCountAgainstTheBudget() {
    int calls = 100;
    for (int id = 1; id <= calls; id++) {
      openUpload(id);
      for (int i = 0; i < 100; i++) {
        host.send(Frames.message(id, new byte[0]));
        executor.runAll();
      }
    }
    assertThat(budget.usedBytes()).isBetween(BUDGET_BYTES / 2L, (long) BUDGET_BYTES);
    assertThat(host.heard())
        .filteredOn(Frame.Cancel.class::isInstance)
        .isNotEmpty()
        .allSatisfy(
            frame ->
                assertThat(((Frame.Cancel) frame).message().getCode())
                    .isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value()));
    host.close();
    run();
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void givenLongMethodNameThatNobodyServes_whenCalled_thenTheAnswerFitsTheHostsLimit() {
    open(1, "a.B/" + "c".repeat(20_000));
    run();
    Frame.Trailers trailers = (Frame.Trailers) host.heard().get(0);

    assertThat(trailers.message().getSerializedSize()).as("absent limit").isLessThan(4_096);
  }
}
