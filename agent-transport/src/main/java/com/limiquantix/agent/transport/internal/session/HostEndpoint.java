package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.protocol.v2.Hello;
import com.limiquantix.agent.protocol.v2.Welcome;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameDecoder;
import com.limiquantix.agent.transport.internal.frame.FrameException;
import com.limiquantix.agent.transport.link.Link;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The host's end of a link: says Hello until it is answered, and again when the session is lost.
 */
public final class HostEndpoint extends Endpoint {

  private static final long FIRST_HELLO_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Below a second, so that within one an agent that is back has heard of its host. */
  private static final long MAX_HELLO_NANOS = TimeUnit.MILLISECONDS.toNanos(800);

  /** Sessions that end sooner are followed by a pause before the next Hello. */
  private static final long SHORT_SESSION_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** With the time that a lost half of a frame takes to be noticed, below a second. */
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  /**
   * A peer that gives signs of version 1 is held for such when Hellos have been without an answer
   * for so long: more than the second that an agent of version 2 may take.
   */
  private static final long V1_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

  /** What a channel adds to what both roles tell. */
  public interface ChannelOwner extends Owner {
    /** No session has begun for a while, or none can. */
    void onNoAnswer(String reason);

    /** The agent speaks version 1 only; calls go that way from now on. */
    void onVersion1Began();

    /** Version 1 is over: the agent is gone, or there is hope for version 2. */
    void onVersion1Ended(Status reason);
  }

  /**
   * How a host finds out that nobody answers.
   *
   * @param answerNanos a Hello without an answer for so long counts as a failure
   * @param keepaliveNanos a session that is silent for so long is probed
   * @param keepaliveTimeoutNanos a probe without any sign of life for so long ends the session
   */
  public record Patience(long answerNanos, long keepaliveNanos, long keepaliveTimeoutNanos) {}

  private final ChannelOwner owner;
  private final RandomGenerator random;
  private final Patience patience;

  private long nonce;
  private long helloDelayNanos = FIRST_HELLO_NANOS;
  private long firstHelloNanos;
  private long sessionBeganNanos;
  private int shortSessions;
  private final boolean v2;
  private long waitingSinceNanos;
  private boolean v1Heard;
  private boolean v1Mode;

  /** Whether no Hello may be said, as what would answer it is not listened for yet. */
  private boolean pausing;

  private Timers.@Nullable Timer helloTimer;
  private Timers.@Nullable Timer keepaliveTimer;

  /**
   * @param lock the lock under which the channel's calls live
   * @param random source of nonces; cryptographically strong in production
   */
  public HostEndpoint(
      Object lock,
      Link link,
      Config config,
      Protocols protocols,
      Patience patience,
      RandomGenerator random,
      ChannelOwner owner) {
    super(FrameDecoder.Role.HOST, lock, link, config, protocols);
    this.v2 = protocols.v2();
    this.owner = owner;
    this.random = random;
    this.patience = patience;
  }

  @Override
  Owner owner() {
    return owner;
  }

  @Override
  boolean isHost() {
    return true;
  }

  @Override
  void onOpen(Session target, Frame.Open open) throws FrameException {
    throw new FrameException("an agent that opens a call");
  }

  @Override
  public void onPeerPresent() {
    synchronized (receiving()) {
      firstHelloNanos = timers().nanoTime();
      shortSessions = 0;
      beginHello();
    }
    writer().flush();
  }

  @Override
  public void onPeerAbsent() {
    endAttempts("the agent went away");
    super.onPeerAbsent();
  }

  @Override
  public void onClosed(@Nullable Throwable cause) {
    endAttempts("the connection is closed");
    super.onClosed(cause);
  }

  @Override
  public void close(String reason) {
    endAttempts(reason);
    super.close(reason);
  }

  private void endAttempts(String reason) {
    synchronized (receiving()) {
      stopTimers();
      leaveV1(reason);
    }
  }

  private void stopTimers() {
    cancel(helloTimer);
    cancel(keepaliveTimer);
    helloTimer = null;
    keepaliveTimer = null;
  }

  private static void cancel(Timers.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  /** Under {@code receiving}: a new attempt with a new nonce. */
  private void beginHello() {
    do {
      nonce = random.nextLong();
    } while (nonce == 0);
    helloDelayNanos = FIRST_HELLO_NANOS;
    waitingSinceNanos = timers().nanoTime();
    pausing = false;
    decoder().expectWelcome(nonce);
    sayHello();
  }

  private void sayHello() {
    Hello hello =
        Hello.newBuilder()
            .setNonce(nonce)
            .setMinVersion(AgentEndpoint.VERSION)
            .setMaxVersion(AgentEndpoint.VERSION)
            .setLimits(announcedLimits())
            .setSoftware(config().software())
            .build();
    synchronized (lock()) {
      if (v2) {
        queue().handshake(new Frame.Hello(hello), 0);
      }
    }
    cancel(helloTimer);
    helloTimer = timers().schedule(this::helloUnanswered, helloDelayNanos);
    helloDelayNanos = Math.min(2 * helloDelayNanos, MAX_HELLO_NANOS);
  }

  private void helloUnanswered() {
    boolean tell;
    synchronized (receiving()) {
      // Who was on the way here when the timer was cancelled comes all the same.
      if (isClosed() || session() != null || v1Mode || pausing) {
        return;
      }
      if (v1IsDue()) {
        enterV1();
        return;
      }
      tell = timers().nanoTime() - firstHelloNanos >= patience.answerNanos();
      if (tell) {
        // What was left of a session has arrived by now, or a Welcome would have behind it.
        decoder().believeV1();
      }
      sayHello();
    }
    writer().flush();
    if (tell) {
      owner.onNoAnswer(
          "nobody answers at "
              + link().peer().describe()
              + ": the agent does not run, or another process holds the channel");
    }
  }

  /**
   * Whether it is time to hold the agent for one of version 1; asks it for a sign if it gave none.
   */
  private boolean v1IsDue() {
    V1Role v1 = v1();
    if (v1 == null || (v2 && timers().nanoTime() - waitingSinceNanos < V1_NANOS)) {
      return false;
    }
    if (!v1Heard) {
      openV1();
      v1.probe();
    }
    return v1Heard;
  }

  private void enterV1() {
    V1Role v1 = v1();
    if (v1 == null) {
      return;
    }
    v1Mode = true;
    stopTimers();
    sessionBeganNanos = timers().nanoTime();
    openV1();
    v1.begin(true);
    keepaliveTimer = timers().schedule(this::keepalive, patience.keepaliveNanos());
    owner.onVersion1Began();
  }

  private void leaveV1(String why) {
    v1Heard = false;
    if (v1Mode) {
      v1Mode = false;
      Status reason = Status.UNAVAILABLE.withDescription(why);
      // First the channel: who hears that a call has failed may call again at once.
      owner.onVersion1Ended(reason);
      endV1(reason);
    }
  }

  @Override
  void onV1Sign(V1Sign sign) {
    if (sign == V1Sign.NONE || session() != null || isClosed()) {
      return;
    }
    if (sign == V1Sign.AGENT_READY) {
      if (v1Mode) {
        // It has been started anew, perhaps as one that speaks version 2.
        lost("the agent has restarted", 0);
      }
      // The Hellos before may have been for an agent that was not there.
      waitingSinceNanos = timers().nanoTime();
    }
    v1Heard = true;
    if (!v1Mode && v1IsDue()) {
      enterV1();
    }
  }

  @Override
  void onHandshake(Frame frame) throws FrameException {
    if (frame instanceof Frame.Welcome welcome && session() == null) {
      onWelcome(welcome.message());
    } else if (frame instanceof Frame.Reset reset) {
      lost("the agent asked for a new session: " + reset.message().getReason(), 0);
    } else {
      throw new FrameException("a frame that only a host may send");
    }
  }

  /** An agent that restarts leaves its port open; a connection closes before the pause is over. */
  @Override
  void onGoodbye(String reason) {
    lost(reason, FIRST_HELLO_NANOS);
    decoder().believeV1();
  }

  private void onWelcome(Welcome welcome) {
    if (welcome.getVersion() != AgentEndpoint.VERSION || welcome.getToken() == 0) {
      owner.onNoAnswer(
          "the agent ("
              + welcome.getSoftware()
              + ") speaks no session protocol that this host speaks; update the older of both");
      return;
    }
    cancel(helloTimer);
    leaveV1("the agent speaks version 2");
    closeV1().forEach(Sent::progressed);
    sessionBeganNanos = timers().nanoTime();
    decoder().expectSession(welcome.getToken());
    beginSession(
        Session.Terms.of(
            nonce, welcome.getToken(), limits(), welcome.getLimits(), welcome.getSoftware()),
        null);
    cancel(keepaliveTimer);
    keepaliveTimer = timers().schedule(this::keepalive, patience.keepaliveNanos());
  }

  private void keepalive() {
    synchronized (receiving()) {
      if ((session() == null && !v1Mode) || isClosed()) {
        return;
      }
      long quiet = timers().nanoTime() - lastArrivalNanos();
      long next = patience.keepaliveNanos() - quiet;
      if (quiet >= patience.keepaliveNanos() + patience.keepaliveTimeoutNanos()) {
        lost("the agent has been silent for " + TimeUnit.NANOSECONDS.toMillis(quiet) + " ms", 0);
        return;
      }
      if (next <= 0) {
        probe();
        next = patience.keepaliveTimeoutNanos();
      }
      cancel(keepaliveTimer);
      keepaliveTimer = timers().schedule(this::keepalive, next);
    }
    writer().flush();
  }

  private void probe() {
    V1Role v1 = v1();
    if (v1Mode && v1 != null) {
      v1.probe();
    } else {
      ping(lastArrivalNanos());
    }
  }

  @Override
  public void onDamage(String reason) {
    synchronized (receiving()) {
      lost("the session was damaged: " + reason, 0);
    }
  }

  @Override
  public void onStaleFrame(long token) {
    throw new IllegalStateException("only an agent's decoder tells of stale frames");
  }

  /**
   * Under {@code receiving}: ends the session and begins the next one over the same link, not
   * before {@code leastPauseNanos} have passed.
   */
  private void lost(String reason, long leastPauseNanos) {
    long now = timers().nanoTime();
    shortSessions = now - sessionBeganNanos < SHORT_SESSION_NANOS ? shortSessions + 1 : 0;
    firstHelloNanos = now;
    leaveV1(reason);
    decoder().expectNothing();
    endSession(Status.UNAVAILABLE.withDescription(reason), null);
    if (isClosed()) {
      return;
    }
    long pause = Math.max(leastPauseNanos, pauseAfterShortSessions());
    if (pause == 0) {
      beginHello();
    } else {
      cancel(helloTimer);
      pausing = true;
      helloTimer = timers().schedule(this::helloAfterPause, pause);
    }
  }

  private long pauseAfterShortSessions() {
    return shortSessions <= 1
        ? 0
        : Math.min(FIRST_HELLO_NANOS << Math.min(shortSessions - 2, 10), MAX_PAUSE_NANOS);
  }

  private void helloAfterPause() {
    synchronized (receiving()) {
      if (!isClosed() && session() == null && !v1Mode && pausing) {
        beginHello();
      }
    }
    writer().flush();
  }
}
