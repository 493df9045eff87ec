package com.limiquantix.agent.transport.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v2.Goodbye;
import com.limiquantix.agent.transport.FakeTimers;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.ManualExecutor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host's end of a link against an agent that does as the test says. */
class HostEndpointTest {
  private static final long TOKEN = 0x7001;
  private static final Frame.Goodbye GOODBYE =
      new Frame.Goodbye(Goodbye.newBuilder().setReason("the agent restarts").build());

  private final ManualExecutor executor = new ManualExecutor();
  private final FakeTimers timers = new FakeTimers();
  private final Told told = new Told();
  private final InProcessLink.Pair pair = InProcessLink.pair("test", executor);
  private final RawPeer agent = RawPeer.agent(pair.second());
  private final HostEndpoint host =
      new HostEndpoint(
          new Object(),
          pair.first(),
          new Endpoint.Config(
              TransportLimits.DEFAULT, timers, new BufferPool(1 << 17, 1), "a host"),
          new Endpoint.Protocols(true, null),
          new HostEndpoint.Patience(
              TimeUnit.SECONDS.toNanos(5),
              TimeUnit.SECONDS.toNanos(20),
              TimeUnit.SECONDS.toNanos(20)),
          new Random(1),
          told);

  /** What the endpoint tells its channel. */
  private static final class Told implements HostEndpoint.ChannelOwner {
    final List<String> events = new ArrayList<>();

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

    @Override
    public void onNoAnswer(String reason) {
      events.add("no answer");
    }

    @Override
    public void onVersion1Began() {
      events.add("version 1 began");
    }

    @Override
    public void onVersion1Ended(Status reason) {
      events.add("version 1 ended: " + reason.getDescription());
    }
  }

  @BeforeEach
  void start() {
    host.start();
    executor.runAll();
  }

  private void pass(long millis) {
    timers.advance(millis, executor::runAll);
  }

  private Frame.Hello heardHello() {
    return (Frame.Hello) agent.heard().get(0);
  }

  private void beginSession() {
    agent.welcome(heardHello(), TOKEN);
    executor.runAll();
  }

  @Test
  void givenAgentThatAnswersLate_whenEachHelloIsAnswered_thenOneSession() {
    pass(350);
    List<Frame> hellos = agent.heard();
    assertThat(hellos).as("at 0, 100 and 300 ms").hasSize(3).containsOnly(hellos.get(0));
    for (Frame hello : hellos) {
      agent.welcome((Frame.Hello) hello, TOKEN);
    }
    pass(1_000);

    assertThat(told.events).containsExactly("began");
    assertThat(agent.heard()).isEmpty();
  }

  @Test
  void givenLinkThatStaysOpen_whenAgentSaysGoodbye_thenHelloAgainWithGrowingIntervals() {
    beginSession();
    pass(5_000);
    agent.send(GOODBYE);
    executor.runAll();

    assertThat(told.events)
        .containsExactly("began", "ended: the peer ended the session: the agent restarts");
    pass(99);
    assertThat(agent.heard()).isEmpty();
    pass(1);
    assertThat(agent.heard()).as("after 100 ms").hasSize(1);
    pass(299);
    assertThat(agent.heard()).as("100 ms later").hasSize(1);
    pass(1);
    Frame.Hello last = heardHello();
    agent.welcome(last, TOKEN + 1);
    pass(10_000);
    assertThat(told.events).hasSize(3).last().isEqualTo("began");
    assertThat(agent.heard()).isEmpty();
  }

  @Test
  void givenAgentThatSaysGoodbyeToEachSession_thenTheHostWaitsLongerEachTime() {
    int sessions = 0;
    for (int i = 0; i < 200; i++) {
      for (Frame frame : agent.heard()) {
        agent.welcome((Frame.Hello) frame, TOKEN + i);
        agent.send(GOODBYE);
        sessions++;
      }
      pass(100);
    }
    assertThat(sessions).as("within 20 s, not more often than every 400 ms").isBetween(40, 60);
  }

  @Test
  void givenConnection_whenAgentSaysGoodbyeAndCloses_thenNothingFollows() {
    beginSession();
    agent.send(GOODBYE);
    agent.close();
    executor.runAll();

    assertThat(told.events)
        .containsExactly(
            "began", "ended: the peer ended the session: the agent restarts", "closed");
    pass(60_000);
    assertThat(told.events).hasSize(3);
    assertThat(timers.waiting()).isZero();
  }

  @Test
  void givenGoodbye_whenTheHostClosesInThePause_thenNothingFollows() {
    beginSession();
    agent.send(GOODBYE);
    executor.runAll();
    host.close("enough");
    pass(60_000);

    assertThat(agent.heard()).isEmpty();
    assertThat(agent.isClosed()).isTrue();
    assertThat(timers.waiting()).isZero();
  }

  @Test
  void givenATimerThatIsCancelledTooLate_whenTheSessionWasShort_thenTheNextOneBeginsAllTheSame() {
    InProcessLink.Pair other = InProcessLink.pair("other", executor);
    RawPeer peer = RawPeer.agent(other.second());
    boolean[] late = {false};
    Timers lateTimers =
        new Timers() {
          @Override
          public long nanoTime() {
            return timers.nanoTime();
          }

          @Override
          public Timer schedule(Runnable task, long delayNanos) {
            Timer timer = timers.schedule(task, delayNanos);
            boolean[] running = {false};
            return () -> {
              running[0] |= late[0];
              late[0] = false;
              if (!running[0]) {
                timer.cancel();
              }
            };
          }
        };
    new HostEndpoint(
            new Object(),
            other.first(),
            new Endpoint.Config(
                TransportLimits.DEFAULT, lateTimers, new BufferPool(1 << 17, 1), "a host"),
            new Endpoint.Protocols(true, null),
            new HostEndpoint.Patience(
                TimeUnit.SECONDS.toNanos(5),
                TimeUnit.SECONDS.toNanos(20),
                TimeUnit.SECONDS.toNanos(20)),
            new Random(1),
            told)
        .start();
    executor.runAll();
    pass(50);
    Frame.Hello first = (Frame.Hello) peer.heard().get(0);

    late[0] = true;
    peer.welcome(first, TOKEN);
    peer.send(GOODBYE);
    pass(200);

    List<Frame> next = peer.heard();
    assertThat(next).isNotEmpty().doesNotContain(first);
    peer.welcome((Frame.Hello) next.get(0), TOKEN + 1);
    pass(1_000);
    assertThat(told.events).hasSize(3).last().isEqualTo("began");
  }
}
