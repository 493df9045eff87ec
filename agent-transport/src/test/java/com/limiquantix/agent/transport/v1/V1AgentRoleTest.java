package com.limiquantix.agent.transport.v1;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.limiquantix.agent.protocol.MemoryBudget;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.FakeTimers;
import com.limiquantix.agent.transport.internal.session.CallStream;
import com.limiquantix.agent.transport.internal.session.InboundMessage;
import com.limiquantix.agent.transport.internal.session.ServedStream;
import com.limiquantix.agent.transport.internal.session.V1Payload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What an agent does with version 1 when it cannot be sure that it is spoken. */
class V1AgentRoleTest {
  private final FakeTimers timers = new FakeTimers();
  private final BufferBudget budget = new BufferBudget(1 << 20);
  private final List<AgentMessage> sent = new ArrayList<>();
  private final List<String> called = new ArrayList<>();
  private final V1AgentRole role =
      new V1AgentRole(
          (frame, left) -> {
            try {
              sent.add(AgentMessage.parseFrom(Arrays.copyOfRange(frame, 8, frame.length)));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return true;
          },
          new Server(),
          timers,
          () -> Instant.EPOCH);

  /** A server that writes down what is called and takes nothing. */
  private class Server implements V1AgentRole.Calls {
    @Override
    public Optional<CallStream.Listener> open(
        String fullMethodName, Function<CallStream.Listener, ? extends ServedStream> streams) {
      called.add(fullMethodName.substring(fullMethodName.indexOf('/') + 1));
      return Optional.empty();
    }

    @Override
    public MemoryBudget budget(String fullMethodName) {
      return budget;
    }

    @Override
    public int maxCalls(String fullMethodName) {
      return 10;
    }
  }

  private void arrives(AgentMessage.Builder message) {
    byte[] bytes = message.setMessageId("7").build().toByteArray();
    assertThat(budget.tryReserve(bytes.length)).isTrue();
    role.onPayload(new V1Payload(bytes, bytes.length, budget));
    assertThat(budget.usedBytes()).isZero();
  }

  private static AgentMessage.Builder execute() {
    return AgentMessage.newBuilder().setExecute(ExecuteRequest.newBuilder().setCommand("true"));
  }

  @Test
  void givenAHostThatWasThereBefore_thenForASecondOnlySignsOfLifeAreServed() {
    role.begin(false);
    called.clear();
    arrives(execute());
    assertThat(called).isEmpty();
    assertThat(sent).singleElement().extracting(AgentMessage::getMessageId).isEqualTo("7");
    assertThat(sent.get(0).getExecuteResponse().getExitCode()).isEqualTo(-1);
    assertThat(sent.get(0).getExecuteResponse().getError()).startsWith("UNAVAILABLE: ");
    arrives(AgentMessage.newBuilder().setPing(PingRequest.getDefaultInstance()));
    assertThat(called).containsExactly("Ping");

    timers.advance(1_000, () -> {});
    called.clear();
    arrives(execute());

    assertThat(called).containsExactly("Execute");
  }

  @Test
  void givenAHostThatWasSeenToCome_thenEverythingIsServedAtOnce() {
    role.begin(true);
    called.clear();
    arrives(execute());

    assertThat(called).containsExactly("Execute");
  }

  @Test
  void givenAHostThatIsGone_whenTheTimeForTelemetryComes_thenNothingIsSubscribed() {
    role.begin(true);
    role.end(io.grpc.Status.UNAVAILABLE);
    called.clear();
    timers.advance(10_000, () -> {});

    assertThat(called).isEmpty();
  }

  @Test
  void givenAHostThatGoesWhileItIsSubscribed_thenTheSubscriptionEnds() {
    List<String> ended = new ArrayList<>();
    List<V1AgentRole> roles = new ArrayList<>();
    V1AgentRole.Calls calls =
        new Server() {
          @Override
          public Optional<CallStream.Listener> open(
              String fullMethodName,
              Function<CallStream.Listener, ? extends ServedStream> streams) {
            // As if the thread that reads the link had come first.
            roles.get(0).end(io.grpc.Status.UNAVAILABLE);
            CallStream.Listener call = new Call(ended);
            assertThat(streams.apply(call)).isNotNull();
            return Optional.of(call);
          }
        };
    roles.add(new V1AgentRole((frame, left) -> true, calls, timers, () -> Instant.EPOCH));

    roles.get(0).begin(true);

    assertThat(ended).containsExactly("UNAVAILABLE");
  }

  @Test
  void givenAHostThatHasNoRoomForReports_whenItHasAgain_thenTheLogTellsHowManyWereLost() {
    Logger logger = (Logger) LoggerFactory.getLogger(V1AgentRole.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      AtomicBoolean full = new AtomicBoolean(true);
      V1AgentRole slow =
          new V1AgentRole((frame, left) -> !full.get(), new Server(), timers, () -> Instant.EPOCH);
      slow.begin(true);
      for (int i = 0; i < 3; i++) {
        assertThat(slow.push(new byte[8], () -> {})).isFalse();
      }
      full.set(false);
      assertThat(slow.push(new byte[8], () -> {})).isTrue();
      slow.end(io.grpc.Status.UNAVAILABLE);
      full.set(true);
      slow.push(new byte[8], () -> {});
    } finally {
      logger.detachAppender(log);
    }

    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "a host of version 1 asks without reading, and what it should be told is lost",
            "3 reports to a host of version 1 were lost while it did not read");
  }

  /** A served call that writes down how it ends. */
  private static final class Call implements CallStream.Listener {
    private final List<String> ended;

    Call(List<String> ended) {
      this.ended = ended;
    }

    @Override
    public void onHeaders(ResponseHeaders headers) {}

    @Override
    public void onMessage(InboundMessage message) {
      message.release();
    }

    @Override
    public void onHalfClose() {}

    @Override
    public void onTrailers(CallTrailers trailers) {}

    @Override
    public void onTrailersSent() {}

    @Override
    public void onReset(io.grpc.Status status) {
      ended.add(status.getCode().name());
    }

    @Override
    public void onReady() {}
  }
}
