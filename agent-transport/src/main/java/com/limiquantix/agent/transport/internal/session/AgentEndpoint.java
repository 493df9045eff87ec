package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.protocol.v2.Hello;
import com.limiquantix.agent.protocol.v2.Reset;
import com.limiquantix.agent.protocol.v2.Welcome;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameDecoder;
import com.limiquantix.agent.transport.internal.frame.FrameException;
import com.limiquantix.agent.transport.link.Link;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** The agent's end of a link: answers Hellos, and asks for a new one after damage. */
public final class AgentEndpoint extends Endpoint {

  /** The session protocol that this implementation speaks. */
  static final int VERSION = 2;

  /** A host that goes on in a session we do not know is told so at most this often. */
  private static final long RESET_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What a server adds to what both roles tell. */
  public interface ServerOwner extends Owner {
    /**
     * A host opens a call. The receiver makes a stream and has it accepted, or lets it be refused.
     */
    void onOpen(AgentEndpoint endpoint, Session session, Frame.Open open);
  }

  private final ServerOwner owner;
  private final RandomGenerator random;
  private long lastResetNanos;
  private boolean resetSent;

  /** Of the link's thread only. */
  private boolean seenAbsent;

  /**
   * @param random source of session tokens; cryptographically strong in production, because a token
   *     that can be guessed lets file contents pose as frames
   */
  public AgentEndpoint(
      Link link, Config config, Protocols protocols, RandomGenerator random, ServerOwner owner) {
    super(FrameDecoder.Role.AGENT, new Object(), link, config, protocols);
    this.owner = owner;
    this.random = random;
  }

  /** The lock under which the calls of this endpoint live. */
  public Object callLock() {
    return lock();
  }

  @Override
  Owner owner() {
    return owner;
  }

  @Override
  boolean isHost() {
    return false;
  }

  @Override
  void onOpen(Session target, Frame.Open open) {
    owner.onOpen(this, target, open);
  }

  @Override
  public void onPeerPresent() {
    beginV1();
  }

  @Override
  public void onPeerAbsent() {
    seenAbsent = true;
    super.onPeerAbsent();
  }

  @Override
  void onV1Sign(V1Sign sign) {
    // A host gives none.
  }

  private void beginV1() {
    V1Role v1 = v1();
    if (v1 != null) {
      openV1();
      v1.begin(seenAbsent || !link().peerWasThere());
    }
  }

  @Override
  void onHandshake(Frame frame) throws FrameException {
    if (!(frame instanceof Frame.Hello hello)) {
      throw new FrameException("a frame that only an agent may send");
    }
    onHello(hello.message());
  }

  @Override
  void onGoodbye(String reason) {
    decoder().reset();
    endSession(Status.UNAVAILABLE.withDescription(reason), null);
    // The next host may come before this one was seen to go. What it asks is answered; what is told
    // unasked would reach the one that goes.
    openV1();
  }

  private void onHello(Hello hello) {
    Session current = session();
    if (current != null && current.terms().nonce() == hello.getNonce() && !current.used()) {
      // Said again before our answer arrived.
      decoder().expectSession(current.terms().token());
      answer(welcome(hello, current.terms().token(), VERSION));
      return;
    }
    Status reason = Status.UNAVAILABLE.withDescription("the host began a new session");
    endV1(reason);
    endSession(reason, null);
    boolean common = hello.getMinVersion() <= VERSION && VERSION <= hello.getMaxVersion();
    if (hello.getNonce() == 0 || !common) {
      decoder().expectHello();
      answer(welcome(hello, 0, 0));
      beginV1();
      return;
    }
    long token = newToken();
    resetSent = false;
    decoder().expectSession(token);
    beginSession(
        Session.Terms.of(hello.getNonce(), token, limits(), hello.getLimits(), hello.getSoftware()),
        welcome(hello, token, VERSION));
  }

  private Frame welcome(Hello hello, long token, int version) {
    return new Frame.Welcome(
        Welcome.newBuilder()
            .setNonce(hello.getNonce())
            .setToken(token)
            .setVersion(version)
            .setLimits(announcedLimits())
            .setSoftware(config().software())
            .build());
  }

  private long newToken() {
    long token;
    do {
      token = random.nextLong();
    } while (token == 0);
    return token;
  }

  @Override
  public void onDamage(String reason) {
    Reset reset = Reset.newBuilder().setReason(reason).build();
    synchronized (receiving()) {
      decoder().expectHello();
      endSession(
          Status.UNAVAILABLE.withDescription("the session was damaged: " + reason),
          new Frame.Reset(reset));
    }
  }

  @Override
  public void onStaleFrame(long token) {
    long now = timers().nanoTime();
    if (resetSent && now - lastResetNanos < RESET_INTERVAL_NANOS) {
      return;
    }
    resetSent = true;
    lastResetNanos = now;
    Reset reset = Reset.newBuilder().setReason("no such session").build();
    synchronized (lock()) {
      queue().handshake(new Frame.Reset(reset), token);
    }
  }
}
