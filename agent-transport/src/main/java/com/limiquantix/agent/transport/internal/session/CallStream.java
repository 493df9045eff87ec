package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameCodec;
import com.limiquantix.agent.transport.internal.frame.FrameException;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One call as a session carries it: what waits to be sent, what has arrived, and the credit of both
 * directions. On a host it exists before the session that will carry it.
 *
 * <p>Methods may be called from any thread. Listeners are called without any lock held.
 */
public final class CallStream implements ServedStream, Sent {

  /** Queued bytes below which more may be written without asking ({@link #isReady}). */
  private static final int READY_BELOW_BYTES = 32_768;

  /** What a message costs beside its content, in bytes, however small it is. */
  private static final int MESSAGE_OVERHEAD_BYTES = 128;

  /**
   * Hears what happens to the call. Calls come one after the other from the link, except {@link
   * #onReset}, {@link #onReady} and {@link #onTrailersSent}, which may come from any thread. None
   * may block. After {@link #onTrailers} or {@link #onReset} nothing comes any more but {@code
   * onReady}.
   */
  public interface Listener {
    /** The answer's headers (host). */
    void onHeaders(ResponseHeaders headers);

    /** A whole message; the receiver releases it. */
    void onMessage(InboundMessage message);

    /** The host will send no further message (agent). */
    void onHalfClose();

    /** The call has ended (host). */
    void onTrailers(CallTrailers trailers);

    /** The call was cancelled by the peer, broke a rule, or lost its session. */
    void onReset(Status status);

    /** The call takes messages again after it did not. */
    void onReady();

    /** The trailers are on their way (agent). */
    void onTrailersSent();
  }

  private enum State {
    /** No session yet. */
    WAITING,
    OPEN,
    CLOSED
  }

  private final Object lock;
  private final BufferBudget budget;
  private final InboundSide inbound;
  private final Listener listener;

  private State state = State.WAITING;
  private @Nullable Session session;
  private int id;

  /** Frames and messages in order; everything but {@link OutboundMessage} is a {@link Pending}. */
  private final ArrayDeque<Object> outbound = new ArrayDeque<>();

  private long queuedMessageBytes;
  private int sentOfHead;
  private long credit;
  private boolean trailersQueued;
  private boolean trailersSent;
  private boolean wasUnready = true;

  OutboundQueue.Line line = OutboundQueue.Line.NONE;
  boolean inCreditLine;

  /** A frame of the call that waits; its id is filled in when it is sent. */
  private record Pending(Frame.OfCall frame) {}

  /**
   * @param lock of the endpoint that carries the call
   * @param maxInboundMessageBytes larger messages end the call with RESOURCE_EXHAUSTED
   */
  public CallStream(
      Object lock,
      BufferBudget budget,
      TransportLimits limits,
      int maxInboundMessageBytes,
      Listener listener) {
    this.lock = lock;
    this.budget = budget;
    this.inbound = new InboundSide(budget, limits, maxInboundMessageBytes);
    this.listener = listener;
  }

  /** What a message of {@code bytes} takes of the budget. */
  static long cost(int bytes) {
    return (long) bytes + MESSAGE_OVERHEAD_BYTES;
  }

  int id() {
    return id;
  }

  /** Under the lock. */
  boolean isClosed() {
    return state == State.CLOSED;
  }

  Listener listener() {
    return listener;
  }

  /** The session that carries the call, or null before there is one. */
  public @Nullable Session session() {
    synchronized (lock) {
      return session;
    }
  }

  /** Under the lock: the session takes the call, with the peer's first credit. */
  void attach(Session carrier, int callId, long peerCredit) {
    session = carrier;
    id = callId;
    credit = peerCredit;
    state = State.OPEN;
  }

  /** Under the lock: opens the call at the peer; goes before everything that was queued. */
  void queueOpen(CallHeaders headers) {
    CallHeaders open = headers.toBuilder().setCredit(inbound.grantAtOnce()).build();
    Frame.Open frame = new Frame.Open(id, open);
    outbound.addFirst(new Pending(frame));
    queue().controlQueued(FrameCodec.encodedSize(frame));
    for (Object item : outbound) {
      if (item instanceof Pending pending && pending.frame != frame) {
        queue().controlQueued(FrameCodec.encodedSize(pending.frame));
      }
    }
    queue().offer(this);
  }

  @Override
  public int peerMaxHeaderBytes() {
    Session carrier = session();
    return carrier == null ? Integer.MAX_VALUE : carrier.terms().peerMaxHeaderBytes();
  }

  private OutboundQueue queue() {
    Session carrier = session;
    if (carrier == null) {
      throw new IllegalStateException("the call has no session");
    }
    return carrier.queue();
  }

  /** Queues the answer's headers (agent). Nothing is sent before {@link #flush}. */
  @Override
  public ProtocolVersion protocol() {
    return ProtocolVersion.V2;
  }

  @Override
  public void sendHeaders(ResponseHeaders headers) {
    control(new Frame.Headers(id, headers));
  }

  /** Queues the half close (host). Nothing is sent before {@link #flush}. */
  public void sendHalfClose() {
    control(new Frame.HalfClose(id));
  }

  /** Queues the trailers (agent). Nothing is sent before {@link #flush}. */
  @Override
  public void sendTrailers(CallTrailers trailers) {
    synchronized (lock) {
      trailersQueued = true;
      control(new Frame.Trailers(id, trailers));
    }
  }

  private void control(Frame.OfCall frame) {
    synchronized (lock) {
      if (state == State.CLOSED) {
        return;
      }
      outbound.add(new Pending(frame));
      if (state == State.OPEN) {
        queue().controlQueued(FrameCodec.encodedSize(frame));
        queue().offer(this);
      }
    }
  }

  /**
   * Queues a message. Nothing is sent before {@link #flush}.
   *
   * @return false if the budget has no room for it; then nothing was queued
   */
  @Override
  public boolean sendMessage(byte[] bytes, boolean compressed) {
    synchronized (lock) {
      if (state == State.CLOSED) {
        return true;
      }
      if (!budget.tryReserve(cost(bytes.length))) {
        return false;
      }
      outbound.add(new OutboundMessage(bytes, compressed));
      queuedMessageBytes += cost(bytes.length);
      if (state == State.OPEN) {
        queue().offer(this);
      }
      return true;
    }
  }

  /** Sends what is queued, as far as link and credit allow. Never blocks. */
  @Override
  public void flush() {
    Session carrier = session();
    if (carrier != null) {
      carrier.flush();
    }
  }

  /**
   * Whether a message would be sent soon. When it becomes true again, {@link Listener#onReady}
   * comes.
   */
  @Override
  public boolean isReady() {
    synchronized (lock) {
      boolean ready = readyNow();
      wasUnready |= !ready;
      return ready;
    }
  }

  private boolean readyNow() {
    return state == State.OPEN && queuedMessageBytes < READY_BELOW_BYTES;
  }

  /** Gives the call up: tells the peer, forgets what waits, and calls the listener no more. */
  @Override
  public void cancel(Status status) {
    Session carrier;
    synchronized (lock) {
      carrier = session;
      if (state != State.OPEN || carrier == null) {
        close();
        return;
      }
      carrier.cancelled(this, status);
      close();
    }
    carrier.flush();
    carrier.callClosed();
  }

  /** The application wants {@code count} more messages. */
  @Override
  public void request(int count) {
    boolean grant;
    synchronized (lock) {
      inbound.request(count);
      grant = offerCredit();
    }
    if (grant) {
      flush();
    }
  }

  /** The application has taken one message of {@code bytes}. */
  @Override
  public void consumed(int bytes) {
    boolean grant;
    synchronized (lock) {
      inbound.consumed(bytes);
      grant = offerCredit();
    }
    if (grant) {
      flush();
    }
  }

  /** Whether credit was put into line. */
  private boolean offerCredit() {
    boolean due = state == State.OPEN && inbound.creditIsDue();
    if (due) {
      queue().offerCredit(this);
    }
    return due;
  }

  /** Under the lock: takes what to grant now, at least 1. */
  int creditToGrant() {
    return inbound.creditToGrant();
  }

  void creditGranted() {
    inbound.creditGranted();
  }

  /** Under the lock: the peer allows more. */
  void addCredit(int bytes) {
    credit = OutboundQueue.saturated(credit, bytes);
    queue().offer(this);
  }

  /** Under the lock: where the next item has to wait. */
  OutboundQueue.Line wantedLine(int smallBytes) {
    Object head = outbound.peek();
    if (head == null) {
      return OutboundQueue.Line.NONE;
    }
    if (!(head instanceof OutboundMessage message)) {
      return OutboundQueue.Line.CONTROL;
    }
    if (credit <= 0) {
      return OutboundQueue.Line.NONE;
    }
    return message.bytes().length - sentOfHead <= smallBytes
        ? OutboundQueue.Line.SMALL
        : OutboundQueue.Line.BULK;
  }

  /** Under the lock: the control frame at the head. */
  Frame nextControl() {
    if (!(outbound.peek() instanceof Pending pending)) {
      throw new IllegalStateException("no control frame is next");
    }
    Frame.OfCall frame = pending.frame;
    // Queued before the call had an id.
    if (frame instanceof Frame.HalfClose) {
      return new Frame.HalfClose(id);
    }
    return frame;
  }

  void controlSent() {
    outbound.remove();
    if (trailersQueued && outbound.isEmpty()) {
      trailersSent = true;
    }
  }

  /** Under the lock: the next piece of the message at the head, at most {@code most} bytes. */
  Frame.Message nextPiece(int most) {
    if (!(outbound.peek() instanceof OutboundMessage message)) {
      throw new IllegalStateException("no message is next");
    }
    byte[] bytes = message.bytes();
    int count = (int) Math.min(Math.min(most, credit), bytes.length - sentOfHead);
    return new Frame.Message(
        id,
        sentOfHead == 0 ? bytes.length : -1,
        message.compressed(),
        ByteBuffer.wrap(bytes, sentOfHead, count));
  }

  void pieceSent(int payloadBytes, int frameBytes) {
    OutboundMessage message = (OutboundMessage) outbound.element();
    credit -= frameBytes;
    sentOfHead += payloadBytes;
    if (sentOfHead == message.bytes().length) {
      outbound.remove();
      sentOfHead = 0;
      queuedMessageBytes -= cost(message.bytes().length);
      budget.release(cost(message.bytes().length));
    }
  }

  /** After something was sent, without the lock: tells the listener what follows from it. */
  @Override
  public void progressed() {
    boolean ready;
    boolean done;
    Session carrier;
    synchronized (lock) {
      ready = wasUnready && readyNow();
      wasUnready &= !ready;
      done = trailersSent && state == State.OPEN;
      carrier = session;
      if (done) {
        close();
      }
    }
    if (ready) {
      listener.onReady();
    }
    if (done) {
      listener.onTrailersSent();
      if (carrier != null) {
        carrier.callClosed();
      }
    }
  }

  /** The end of the session, which comes with that of the link, tells the call. */
  @Override
  public void lost() {}

  /** Tells the listener once that the call takes messages; for the moment after it was attached. */
  @Override
  public void announceReady() {
    progressed();
  }

  /** Under the lock: leaves the session and gives all memory back. */
  void close() {
    if (state == State.CLOSED) {
      return;
    }
    if (session != null) {
      for (Object item : outbound) {
        if (item instanceof Pending pending) {
          queue().controlDropped(FrameCodec.encodedSize(pending.frame));
        }
      }
      queue().remove(this);
      session.forget(this);
    }
    state = State.CLOSED;
    outbound.clear();
    budget.release(queuedMessageBytes);
    queuedMessageBytes = 0;
    inbound.abandon();
  }

  /**
   * Under the lock: the answer's headers arrived.
   *
   * @throws FrameException if that is not their place
   */
  void headersArrived() throws FrameException {
    inbound.headersArrived();
  }

  /**
   * Under the lock: the peer sends nothing of the call any more.
   *
   * @throws FrameException if that was said before, or a message is not complete
   */
  void allArrived() throws FrameException {
    inbound.allArrived();
  }

  /**
   * A piece of a message arrived.
   *
   * @throws FrameException if the peer broke a rule that ends the session
   */
  void onPiece(Frame.Message piece) throws FrameException {
    InboundMessage complete = null;
    Status refusal = null;
    boolean grant = false;
    synchronized (lock) {
      if (state != State.OPEN) {
        return;
      }
      inbound.count(piece);
      refusal = piece.first() ? inbound.begin(piece) : null;
      if (refusal == null) {
        complete = inbound.append(piece.piece());
        grant = complete == null && offerCredit();
      }
    }
    if (refusal != null) {
      fail(refusal);
    } else if (complete != null) {
      listener.onMessage(complete);
    } else if (grant) {
      flush();
    }
  }

  /** Ends the call on both sides because of what arrived. */
  private void fail(Status status) {
    cancel(status);
    listener.onReset(status);
  }
}
