package com.limiquantix.agent.transport.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v2.Goodbye;
import com.limiquantix.agent.protocol.v2.Reset;
import com.limiquantix.agent.protocol.v2.SessionLimits;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.FakeTimers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.fault.FaultLink;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
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
    stopReading();
    int pings = 100_000;
    for (int i = 1; i <= pings; i++) {
      host.send(new Frame.Ping(i));
      executor.runAll();
    }
    readAgain();

    assertThat(told.events).containsExactly("began");
    assertThat(host.damages()).isEmpty();
    assertThat(host.heard()).hasSizeLessThanOrEqualTo(2).last().isEqualTo(new Frame.Pong(pings));
  }

  /** From now on what the agent writes waits. */
  private void stopReading() {
    link.starveWrites();
  }

  private void readAgain() {
    link.refill(Long.MAX_VALUE / 2);
    executor.runAll();
  }

  @Test
  void givenAHello_whenTheLinkIsClosedWhileItIsAnswered_thenNoSessionIsPromised() {
    InProcessLink.Pair other = InProcessLink.pair("other", executor);
    RawPeer peer = RawPeer.host(other.first());
    List<AgentEndpoint> made = new ArrayList<>();
    AgentEndpoint endpoint =
        new AgentEndpoint(
            other.second(),
            new Endpoint.Config(
                TransportLimits.DEFAULT, timers, new BufferPool(1 << 17, 1), "an agent"),
            new Endpoint.Protocols(true, null),
            new Random(1) {
              private static final long serialVersionUID = 1;

              @Override
              public long nextLong() {
                made.get(0).close("the agent is stopping");
                return super.nextLong();
              }
            },
            told);
    made.add(endpoint);
    endpoint.start();
    executor.runAll();
    told.events.clear();

    peer.hello(NONCE);
    executor.runAll();

    assertThat(told.events).containsExactly("closed");
    assertThat(peer.heard()).isEmpty();
  }

  @Test
  void givenHostThatDoesNotRead_whenItRepeatsHello_thenOneWelcomeIsKept() {
    stopReading();
    for (int i = 0; i < 100_000; i++) {
      host.hello(NONCE);
      executor.runAll();
    }
    readAgain();

    assertThat(told.events).containsExactly("began");
    assertThat(host.heard()).as("one under way, one kept").hasSizeBetween(1, 2);
  }

  @Test
  void givenHostThatDoesNotRead_whenItSaysEverNewHellos_thenTheAnswerToTheLastIsKept() {
    stopReading();
    for (int i = 1; i <= 10_000; i++) {
      host.hello(NONCE + i);
      executor.runAll();
      timers.advance(10, executor::runAll);
    }
    readAgain();

    List<Frame> heard = host.heard();
    assertThat(heard).hasSize(1);
    assertThat(((Frame.Welcome) heard.get(0)).message().getNonce()).isEqualTo(NONCE + 10_000);
    assertThat(host.heard()).isEmpty();
    host.send(new Frame.Ping(1));
    executor.runAll();
    assertThat(host.heard()).containsExactly(new Frame.Pong(1));
  }

  @Test
  void givenHostThatDoesNotRead_whenItDamagesSessionAfterSession_thenOneResetIsKept() {
    stopReading();
    long before = host.bytesHeard();
    for (int i = 1; i <= 10_000; i++) {
      host.hello(NONCE + i);
      host.send(new byte[] {0});
      executor.runAll();
    }
    readAgain();

    assertThat(told.events).hasSize(20_002);
    assertThat(host.bytesHeard() - before).isBetween(1L, 400L);
  }

  @Test
  void givenHostThatDoesNotRead_whenItGoesOnInASessionThatIsOver_thenOneResetIsKept() {
    stopReading();
    host.send(new byte[] {0});
    executor.runAll();
    long before = host.bytesHeard();
    for (int i = 1; i <= 10_000; i++) {
      host.send(Frames.bytes(new Frame.Ping(i), host.token() + 1, i));
      timers.advance(100, executor::runAll);
    }
    readAgain();

    assertThat(host.bytesHeard() - before).isBetween(1L, 400L);
  }

  @Test
  void givenStaleFramesEachMillisecond_whenHostReads_thenOneResetAtMostEvery100Millis() {
    host.send(new byte[] {0});
    executor.runAll();
    for (int i = 1; i <= 1_000; i++) {
      host.send(Frames.bytes(new Frame.Ping(i), 77, i));
      timers.advance(1, executor::runAll);
    }
    long oneReset =
        Frames.bytes(
                new Frame.Reset(Reset.newBuilder().setReason("no such session").build()), 77, 0)
            .length;

    assertThat(host.bytesHeard()).isLessThan(12 * oneReset + 200);
  }

  @Test
  void givenAgentThatCloses_whenTheHostSendsNonsenseMeanwhile_thenGoodbyeIsItsLastWord() {
    stopReading();
    agent.close("the agent restarts");
    host.send(Frames.hello(NONCE + 1));
    host.send(new byte[100]);
    host.send(Frames.bytes(new Frame.Ping(1), 77, 1));
    executor.runAll();
    readAgain();

    assertThat(host.heard()).hasSize(1).first().isInstanceOf(Frame.Goodbye.class);
    assertThat(host.isClosed()).isTrue();
    assertThat(told.events).containsExactly("began", "ended: the agent restarts", "closed");
  }

  @Test
  void givenHeadersLargerThanAnnounced_whenCallIsOpened_thenTheSessionIsDamaged() {
    int limit = TransportLimits.DEFAULT.maxHeaderBytes();
    String method = "m".repeat(limit - 4);
    host.send(Frames.open(1, method));
    executor.runAll();
    assertThat(told.events).containsExactly("began", "open 1");
    host.send(Frames.open(2, method + "m"));
    executor.runAll();

    assertThat(told.events).hasSize(3);
    assertThat(host.heard()).hasSize(1).first().isInstanceOf(Frame.Reset.class);
  }

  @Test
  void givenCreditWithoutEnd_whenItAddsUp_thenItSaturates() {
    assertThat(OutboundQueue.saturated(Long.MAX_VALUE - 5, Integer.MAX_VALUE))
        .isEqualTo(Long.MAX_VALUE);
    assertThat(OutboundQueue.saturated(-36, 1)).isEqualTo(-35);
  }

  @Test
  void givenHostThatAnnouncesMoreThanAnIntHolds_whenSessionBegins_thenTheLargestValueCounts() {
    SessionLimits limits =
        SessionLimits.newBuilder()
            .setMaxFramePayloadBytes(-1)
            .setMaxHeaderBytes(-1)
            .setInitialSessionCredit(-1)
            .setMaxCalls(-1)
            .build();
    Session.Terms terms = Session.Terms.of(1, 2, TransportLimits.DEFAULT, limits, "");

    assertThat(terms.peerMaxPayloadBytes()).isEqualTo(65_536);
    assertThat(terms.peerMaxHeaderBytes()).as("one frame").isEqualTo(65_536);
    assertThat(terms.peerInitialCallCredit()).as("absent").isEqualTo(4_096);
    assertThat(terms.peerSessionCredit()).isEqualTo(Integer.MAX_VALUE);
    assertThat(terms.peerMaxCalls()).isEqualTo(Integer.MAX_VALUE);
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

  /** Version 1 that is told to end, and has something to send all the same. */
  private static final class Talkative implements V1Role {
    private final V1Output output;
    private final List<Boolean> taken = new ArrayList<>();

    Talkative(V1Output output) {
      this.output = output;
    }

    void talk() {
      taken.add(output.send(new byte[] {1, 2, 3}, null));
    }

    @Override
    public void begin(boolean certain) {
      talk();
    }

    @Override
    public void probe() {}

    @Override
    public V1Sign onPayload(V1Payload payload) {
      payload.release();
      return V1Sign.NONE;
    }

    @Override
    public void onRefused(byte[] head, Status reason) {}

    @Override
    public void end(Status reason) {
      talk();
    }
  }

  private AgentEndpoint withVersion1(
      InProcessLink ownEnd, List<Talkative> roles, RandomGenerator random) {
    return new AgentEndpoint(
        ownEnd,
        new Endpoint.Config(
            TransportLimits.DEFAULT, timers, new BufferPool(1 << 17, 1), "an agent"),
        new Endpoint.Protocols(
            true,
            new Endpoint.Version1(
                output -> {
                  Talkative role = new Talkative(output);
                  roles.add(role);
                  return role;
                },
                new BufferBudget(1 << 20),
                new BufferBudget(1 << 20),
                1 << 20)),
        random,
        told);
  }

  @Test
  void givenVersion1_whenItStillSendsWhileASessionBegins_thenNothingOfItIsBetweenTheFrames() {
    InProcessLink.Pair other = InProcessLink.pair("other", executor);
    RawPeer peer = RawPeer.host(other.first());
    List<Talkative> roles = new ArrayList<>();
    AgentEndpoint endpoint =
        withVersion1(
            other.second(),
            roles,
            // The token is made after version 1 has ended and before the session has begun.
            new Random(1) {
              private static final long serialVersionUID = 1;

              @Override
              public long nextLong() {
                roles.get(0).talk();
                return super.nextLong();
              }
            });
    endpoint.start();
    executor.runAll();

    peer.hello(NONCE);
    executor.runAll();

    assertThat(roles.get(0).taken).containsExactly(true, false, false);
    assertThat(peer.heard()).singleElement().isInstanceOf(Frame.Welcome.class);
    assertThat(peer.damages()).isEmpty();
  }

  @Test
  void givenAHostThatSaidGoodbye_whenTheNextIsOfVersion1_thenItIsAnswered() {
    InProcessLink.Pair other = InProcessLink.pair("other", executor);
    RawPeer peer = RawPeer.host(other.first());
    List<Talkative> roles = new ArrayList<>();
    withVersion1(other.second(), roles, new Random(1)).start();
    executor.runAll();
    peer.hello(NONCE);
    executor.runAll();
    peer.send(new Frame.Goodbye(Goodbye.getDefaultInstance()));
    executor.runAll();
    long before = peer.bytesHeard();

    roles.get(0).talk();
    executor.runAll();

    assertThat(roles.get(0).taken).endsWith(true);
    assertThat(peer.bytesHeard() - before).isEqualTo(3);
  }

  @Test
  void givenAHostOfVersion1ThatIsGone_whenAFrameIsWritten_thenItsSenderHearsThatItIsOver() {
    InProcessLink.Pair other = InProcessLink.pair("other", executor);
    RawPeer peer = RawPeer.host(other.first());
    List<Talkative> roles = new ArrayList<>();
    withVersion1(other.second(), roles, new Random(1)).start();
    executor.runAll();
    peer.close();
    List<String> over = new ArrayList<>();

    boolean taken = roles.get(0).output.send(new byte[] {1, 2, 3}, () -> over.add("over"));
    executor.runAll();

    assertThat(taken).isTrue();
    assertThat(over).containsExactly("over");
  }
}
