package com.limiquantix.agent.transport.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.FakeTimers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.fault.FaultLink;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An agent's end of a link against a host that does as the test says. */
class AgentEndpointTest {
  private static final long NONCE = 0x4001;

  private final ManualExecutor executor = new ManualExecutor();
  private final FakeTimers timers = new FakeTimers();
  private final Told told = new Told();
  private final InProcessLink.Pair pair = InProcessLink.pair("test", executor);
  private final FaultLink link = new FaultLink(pair.second(), executor);
  private final RawPeer host = RawPeer.host(pair.first());
  private final AgentEndpoint agent =
      new AgentEndpoint(
          link,
          new Endpoint.Config(
              TransportLimits.DEFAULT, timers, new BufferPool(1 << 17, 1), "an agent"),
          new Endpoint.Protocols(true, null),
          new Random(1),
          told);

  /** What the endpoint tells its server. */
  private static final class Told implements AgentEndpoint.ServerOwner {
    final List<String> events = new ArrayList<>();

    @Override
    public void onOpen(AgentEndpoint endpoint, Session session, Frame.Open open) {
      events.add("open " + open.callId());
    }

    @Override
    public void onSessionBegan(Session session) {
      events.add("began");
    }

    @Override
    public void onSessionEnded(Session session, Status reason) {
      events.add("ended: " + reason.getDescription());
    }

    @Override
    public void onCallClosed(Session session) {}

    @Override
    public void onLinkClosed(@Nullable Throwable cause) {
      events.add("closed");
    }
  }

  @BeforeEach
  void start() {
    agent.start();
    executor.runAll();
    host.hello(NONCE);
    executor.runAll();
    assertThat(host.heard()).hasSize(1).first().isInstanceOf(Frame.Welcome.class);
  }

  @Test
  void givenHostThatDoesNotRead_whenItSendsPings_thenOnePongIsKept() {
    link.starveWrites();
    int pings = 100_000;
    for (int i = 1; i <= pings; i++) {
      host.send(new Frame.Ping(i));
      executor.runAll();
    }
    link.refill(Long.MAX_VALUE / 2);
    executor.runAll();

    assertThat(told.events).containsExactly("began");
    assertThat(host.damages()).isEmpty();
    assertThat(host.heard()).hasSizeLessThanOrEqualTo(2).last().isEqualTo(new Frame.Pong(pings));
  }

  @Test
  void givenHostThatReads_whenItPings_thenEachPingIsAnswered() {
    for (int i = 1; i <= 3; i++) {
      host.send(new Frame.Ping(i));
      executor.runAll();
    }
    assertThat(host.heard())
        .containsExactly(new Frame.Pong(1), new Frame.Pong(2), new Frame.Pong(3));
  }
}
