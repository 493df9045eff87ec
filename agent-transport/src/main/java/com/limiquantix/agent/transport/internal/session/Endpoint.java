package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.protocol.v2.Goodbye;
import com.limiquantix.agent.protocol.v2.SessionLimits;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameDecoder;
import com.limiquantix.agent.transport.internal.frame.FrameException;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkListener;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One end of a link: decodes what arrives, writes what is queued, and holds the session while there
 * is one. The two roles differ in who begins it.
 *
 * <p>Two locks, always in this order: {@code receiving}, held while arrived bytes are handled, and
 * {@link #lock}, which guards the queues and is held for moments only. Neither is held while the
 * link is written to by another thread.
 */
public abstract class Endpoint implements LinkListener, FrameDecoder.Sink {

  /** Without progress for so long, an incomplete frame is looked into. */
  static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** How long a peer that does not read may delay the end of a link. */
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What sessions are made of, shared by all endpoints of a channel or server. */
  public record Config(TransportLimits limits, Timers timers, BufferPool pool, String software) {
    private static final int MAX_SOFTWARE_BYTES = 256;

    /** Refuses a name that would not leave a Hello or Welcome small. */
    public Config {
      if (software.getBytes(StandardCharsets.UTF_8).length > MAX_SOFTWARE_BYTES) {
        throw new IllegalArgumentException(
            "the software's name and version take more than " + MAX_SOFTWARE_BYTES + " bytes");
      }
    }
  }

  /**
   * Which protocols an endpoint speaks.
   *
   * @param v2 whether it speaks version 2
   * @param v1 what it does with version 1, or null if it does not speak that
   */
  public record Protocols(boolean v2, @Nullable Version1 v1) {}

  /**
   * Version 1 at one endpoint.
   *
   * @param role made once for the endpoint, with the way out for its frames
   * @param budget holds the frames that arrive
   * @param small holds small frames for which the budget has no room
   * @param maxBytes the longest payload that is taken
   */
  public record Version1(
      Function<V1Output, V1Role> role, BufferBudget budget, BufferBudget small, int maxBytes) {}

  /** What both roles tell their owner. No lock is held. */
  public interface Owner {
    /** A session has begun. */
    void onSessionBegan(Session session);

    /** It has ended, and the calls it left behind have been told. */
    void onSessionEnded(Session session, Status reason);

    /** A call of the session has ended. */
    void onCallClosed(Session session);

    /** The link is closed; nothing comes any more. */
    void onLinkClosed(@Nullable Throwable cause);
  }

  private final Object receiving = new Object();
  private final Object lock;
  private final Link link;
  private final Config config;
  private final FrameDecoder decoder;
  private final OutboundQueue queue;
  private final LinkWriter writer;
  private final @Nullable V1Role v1;
  private @Nullable Session session;
  private boolean closed;
  private volatile long lastArrivalNanos;
  private boolean stallTimerSet;
  private boolean floodTimerSet;
  private long lastPing = Long.MIN_VALUE;

  Endpoint(FrameDecoder.Role role, Object lock, Link link, Config config, Protocols protocols) {
    this.lock = lock;
    this.link = link;
    this.config = config;
    Version1 version1 = protocols.v1();
    this.v1 = version1 == null ? null : version1.role().apply(this::sendV1);
    this.decoder =
        new FrameDecoder(
            role,
            config.limits().maxFramePayloadBytes(),
            config.limits().maxHeaderBytes(),
            protocols.v2(),
            version1 == null || v1 == null
                ? null
                : new V1Assembler(
                    version1.budget(), version1.small(), version1.maxBytes(), new V1Frames(v1)));
    this.queue = new OutboundQueue(config.limits());
    this.writer = new LinkWriter(lock, link, queue, config.pool());
    this.lastArrivalNanos = config.timers().nanoTime();
  }

  /** Starts the link. */
  public void start() {
    link.open(this);
  }

  final Object lock() {
    return lock;
  }

  final Object receiving() {
    return receiving;
  }

  /** The link that this is an end of. */
  public final Link link() {
    return link;
  }

  final TransportLimits limits() {
    return config.limits();
  }

  final Config config() {
    return config;
  }

  final Timers timers() {
    return config.timers();
  }

  final OutboundQueue queue() {
    return queue;
  }

  final FrameDecoder decoder() {
    return decoder;
  }

  final LinkWriter writer() {
    return writer;
  }

  /** What is done with version 1, or null if it is not spoken. */
  final @Nullable V1Role v1() {
    return v1;
  }

  /** Hands frames to the role, and what they say about the peer to the endpoint. */
  private final class V1Frames implements V1Assembler.Receiver {
    private final V1Role role;

    V1Frames(V1Role role) {
      this.role = role;
    }

    @Override
    public void onV1Payload(V1Payload payload) {
      onV1Sign(role.onPayload(payload));
    }

    @Override
    public void onV1Refused(byte[] head, Status reason) {
      role.onRefused(head, reason);
    }
  }

  /** Under {@code receiving}: a version 1 frame has told something about the peer. */
  abstract void onV1Sign(V1Sign sign);

  private boolean sendV1(byte[] frame, @Nullable Runnable left) {
    synchronized (lock) {
      if (closed || queue.hasSession() || !queue.v1().offer(frame, left)) {
        return false;
      }
    }
    writer.flush();
    return true;
  }

  /** Version 1 may send again, until {@link #endV1}. */
  final void openV1() {
    synchronized (lock) {
      queue.v1().open();
    }
  }

  /** Ends all that goes on in version 1; what is sent in part is left as it is. */
  final void endV1(Status reason) {
    if (v1 == null) {
      return;
    }
    List<Sent> dropped = closeV1();
    synchronized (lock) {
      writer.dropUnwritten();
    }
    v1.end(reason);
    for (Sent frame : dropped) {
      frame.progressed();
    }
  }

  /** Nothing of version 1 is sent any more; returns what waited to be. */
  final List<Sent> closeV1() {
    List<Sent> dropped = new ArrayList<>();
    synchronized (lock) {
      queue.v1().close(dropped);
    }
    return dropped;
  }

  final long lastArrivalNanos() {
    return lastArrivalNanos;
  }

  /** The session of this moment. */
  public final @Nullable Session session() {
    synchronized (lock) {
      return session;
    }
  }

  /**
   * Bytes that this end keeps beside messages: for an incomplete frame that has arrived, and of
   * frames that wait to be sent.
   */
  public final long keptBytes() {
    synchronized (receiving) {
      synchronized (lock) {
        return (long) decoder.heldCapacityBytes() + queue.controlBytes();
      }
    }
  }

  abstract Owner owner();

  abstract boolean isHost();

  abstract void onOpen(Session target, Frame.Open open) throws FrameException;

  /** Handles a frame that begins or ends sessions. */
  abstract void onHandshake(Frame frame) throws FrameException;

  /** The peer ends the session in order; the link may stay open. */
  abstract void onGoodbye(String reason);

  /** Writes what waits. A session for which too much waits after that ends soon. */
  final void flush() {
    writer.flush();
    synchronized (lock) {
      if (!queue.flooded() || floodTimerSet) {
        return;
      }
      floodTimerSet = true;
    }
    // Not from here: whoever receives may wait for a lock that our caller holds.
    timers().schedule(this::endIfFlooded, 0);
  }

  /** Without a lock: ends a session for which more waits than a peer that reads would let come. */
  private void endIfFlooded() {
    synchronized (lock) {
      floodTimerSet = false;
      if (!queue.flooded()) {
        return;
      }
    }
    synchronized (receiving) {
      boolean still;
      synchronized (lock) {
        still = queue.flooded();
      }
      if (still) {
        onDamage("a peer that sends but does not read");
      }
    }
    writer.flush();
  }

  final void onCallClosed(Session target) {
    owner().onCallClosed(target);
  }

  /** Queues a frame that belongs to no session, unless the link is being closed. */
  final void answer(Frame handshake) {
    synchronized (lock) {
      if (!closed) {
        queue.handshake(handshake, 0);
      }
    }
  }

  /**
   * Replaces the session, unless the link is being closed. The decoder is the caller's matter; so
   * is the lock {@link #receiving}.
   *
   * @param answer tells the peer so, or null; sent exactly if the session begins
   */
  final void beginSession(Session.Terms terms, @Nullable Frame answer) {
    Session begun = new Session(this, terms);
    synchronized (lock) {
      if (closed) {
        return;
      }
      if (answer != null) {
        queue.handshake(answer, 0);
      }
      session = begun;
      queue.beginSession(terms.token(), terms.peerMaxPayloadBytes(), terms.peerSessionCredit());
    }
    owner().onSessionBegan(begun);
  }

  /**
   * Ends the session, if there is one, and tells its calls.
   *
   * @param last sent before the link is used for anything else, or null; before a goodbye goes what
   *     was taken from the queue already
   */
  final void endSession(Status reason, @Nullable Frame last) {
    Session ended;
    List<CallStream> left;
    synchronized (lock) {
      ended = session;
      session = null;
      left = ended == null ? List.of() : ended.end();
      queue.endSession();
      if (!(last instanceof Frame.Goodbye)) {
        writer.dropUnwritten();
      }
      if (last != null && ended != null) {
        queue.handshake(last, ended.terms().token());
      }
    }
    if (ended == null) {
      return;
    }
    for (CallStream call : left) {
      call.listener().onReset(reason);
    }
    owner().onSessionEnded(ended, reason);
    writer.flush();
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    if (isClosed()) {
      // Our last word is said, and an answer could take its place before it is written.
      return;
    }
    lastArrivalNanos = timers().nanoTime();
    synchronized (receiving) {
      decoder.feed(bytes, this);
      watchForStall();
    }
    writer.flush();
    endIfFlooded();
  }

  /** Under {@code receiving}: looks again later if a frame is incomplete. */
  private void watchForStall() {
    if (decoder.incomplete() && !stallTimerSet) {
      stallTimerSet = true;
      long progress = decoder.progress();
      timers().schedule(() -> checkStall(progress), STALL_NANOS);
    }
  }

  /** Other bytes may well have come: a dead peer's half frame swallows those of the next. */
  private void checkStall(long progressBefore) {
    synchronized (receiving) {
      stallTimerSet = false;
      if (decoder.incomplete() && decoder.progress() == progressBefore) {
        decoder.onStall(this);
        if (timers().nanoTime() - lastArrivalNanos >= STALL_NANOS) {
          provoke();
        }
      }
      watchForStall();
    }
    flush();
  }

  /** Makes the peer say something, which shows whether the rest of a frame is lost or only late. */
  private void provoke() {
    if (session() != null) {
      ping(lastArrivalNanos);
    }
  }

  /** Queues a ping unless one with the same value was the last. */
  final void ping(long value) {
    synchronized (lock) {
      if (session != null && lastPing != value) {
        lastPing = value;
        queue.urgent(new Frame.Ping(value));
      }
    }
  }

  @Override
  public void onFrame(Frame frame) {
    try {
      Session current = session();
      if (frame instanceof Frame.Ping ping) {
        synchronized (lock) {
          queue.pong(ping.value());
        }
      } else if (frame instanceof Frame.Goodbye goodbye) {
        onGoodbye("the peer ended the session: " + goodbye.message().getReason());
      } else if (frame instanceof Frame.OfCall || frame instanceof Frame.Credit) {
        if (current != null) {
          current.onFrame(frame);
        }
      } else if (!(frame instanceof Frame.Pong)) {
        onHandshake(frame);
      }
    } catch (FrameException e) {
      onDamage(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void onPeerPresent() {}

  @Override
  public void onPeerAbsent() {
    synchronized (receiving) {
      decoder.reset();
      writer.onPeerAbsent();
      Status reason = Status.UNAVAILABLE.withDescription("the peer went away");
      endV1(reason);
      endSession(reason, null);
    }
  }

  @Override
  public void onWritable() {
    writer.onWritable();
  }

  @Override
  public void onClosed(@Nullable Throwable cause) {
    synchronized (lock) {
      closed = true;
    }
    writer.close();
    String text = cause == null ? "the peer closed the connection" : "the connection broke";
    Status reason = Status.UNAVAILABLE.withDescription(text).withCause(cause);
    endV1(reason);
    endSession(reason, null);
    owner().onLinkClosed(cause);
  }

  /**
   * Says goodbye if there is a session, and closes the link once that and what waits before it is
   * written, or after a moment if the peer does not read. Calls that are still open fail at once.
   */
  public void close(String reason) {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
    }
    Goodbye goodbye = Goodbye.newBuilder().setReason(reason).build();
    Status ended = Status.UNAVAILABLE.withDescription(reason);
    if (v1 != null) {
      // Answers that wait already are still sent.
      v1.end(ended);
    }
    endSession(ended, new Frame.Goodbye(goodbye));
    if (!writer.whenDrained(link::close)) {
      timers().schedule(link::close, CLOSE_NANOS);
    }
  }

  final boolean isClosed() {
    synchronized (lock) {
      return closed;
    }
  }

  final SessionLimits announcedLimits() {
    TransportLimits limits = limits();
    return SessionLimits.newBuilder()
        .setMaxFramePayloadBytes(limits.maxFramePayloadBytes())
        .setMaxHeaderBytes(limits.maxHeaderBytes())
        .setInitialCallCredit(limits.initialCallCredit())
        .setInitialSessionCredit(limits.sessionWindow())
        .setMaxCalls(limits.maxCalls())
        .build();
  }
}
