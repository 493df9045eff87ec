package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameCodec;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one side of a link has to send, and in which order. First what belongs to the session, then
 * headers, trailers and cancellations of calls, then small messages, then bulk; within a call
 * nothing overtakes. Messages go as far as the peer's credit reaches.
 *
 * <p>Every method is called under the endpoint's lock.
 */
final class OutboundQueue {
  /** Messages up to this size go before the pieces of larger ones. */
  private static final int SMALL_BYTES = 4_096;

  /** So many small messages may overtake bulk before one piece of bulk goes. */
  private static final int SMALL_BURST = 16;

  /** Which waiting line a call stands in. */
  enum Line {
    NONE,
    CONTROL,
    SMALL,
    BULK
  }

  /** A frame with token and number of its own: what begins and ends sessions. */
  private record Handshake(Frame frame, long token) {}

  private final TransportLimits limits;
  private @Nullable Handshake handshake;
  private final ArrayDeque<Frame> sessionFrames = new ArrayDeque<>();
  private final ArrayDeque<CallStream> creditLine = new ArrayDeque<>();
  private final ArrayDeque<CallStream> controlLine = new ArrayDeque<>();
  private final ArrayDeque<CallStream> smallLine = new ArrayDeque<>();
  private final ArrayDeque<CallStream> bulkLine = new ArrayDeque<>();

  private Frame.@Nullable Pong pong;
  private long token;
  private int nextSequence;
  private int maxPayloadBytes;
  private long credit;
  private int creditToReturn;
  private int smallSent;
  private int controlBytes;
  private final V1Outbox v1;

  OutboundQueue(TransportLimits limits) {
    this.limits = limits;
    this.v1 = new V1Outbox(2 * limits.maxCalls());
  }

  /** Version 1 frames; they are sent only while there is no session. */
  V1Outbox v1() {
    return v1;
  }

  boolean hasSession() {
    return token != 0;
  }

  /** Forgets everything that waits; nothing but handshakes can be sent until a session begins. */
  void endSession() {
    handshake = null;
    sessionFrames.clear();
    pong = null;
    for (ArrayDeque<CallStream> line : List.of(creditLine, controlLine, smallLine, bulkLine)) {
      line.clear();
    }
    token = 0;
    controlBytes = 0;
    creditToReturn = 0;
  }

  /** Frames that are sent from now on belong to this session. */
  void beginSession(long sessionToken, int peerMaxPayloadBytes, long peerSessionCredit) {
    token = sessionToken;
    nextSequence = 1;
    maxPayloadBytes = peerMaxPayloadBytes;
    credit = peerSessionCredit;
    creditToReturn = 0;
    smallSent = 0;
    controlBytes = 0;
  }

  /**
   * Queues a frame that begins or ends a session, ahead of everything. It takes the place of one
   * that still waits: whatever that said, this one is the later word on the same matter.
   */
  void handshake(Frame frame, long frameToken) {
    handshake = new Handshake(frame, frameToken);
  }

  /** Queues a frame of the session itself or a cancellation, ahead of all calls. */
  void urgent(Frame frame) {
    sessionFrames.add(frame);
    controlBytes += FrameCodec.encodedSize(frame);
  }

  /**
   * Queues the answer to a ping, ahead of all calls. It takes the place of one that still waits: an
   * asker wants to know that we live, and has learned it from the younger answer too.
   */
  void pong(long value) {
    pong = new Frame.Pong(value);
  }

  /** Accounts for a frame other than a message that waits in a call's own queue. */
  void controlQueued(int bytes) {
    controlBytes += bytes;
  }

  void controlDropped(int bytes) {
    controlBytes -= bytes;
  }

  /** Bytes of the frames that wait, messages and what begins and ends sessions left out. */
  int controlBytes() {
    return controlBytes;
  }

  /** Whether more control frames wait than a peer that reads would ever let come together. */
  boolean flooded() {
    return controlBytes > limits.maxQueuedControlBytes();
  }

  void addCredit(int bytes) {
    credit = saturated(credit, bytes);
  }

  /** Credit together with more of it; a peer that gives more than can be counted gives no less. */
  static long saturated(long credit, int bytes) {
    return Math.min(credit, Long.MAX_VALUE - bytes) + bytes;
  }

  /** Notes bytes that have arrived; they are told to the peer once they are worth a frame. */
  void returnCredit(int bytes) {
    // A peer that heeds no credit may send any amount before it reads what it is told.
    creditToReturn = (int) Math.min(Integer.MAX_VALUE, (long) creditToReturn + bytes);
  }

  /** Puts the call into the line that its next item belongs to, or into none. */
  void offer(CallStream call) {
    Line line = call.wantedLine(SMALL_BYTES);
    if (call.line == line) {
      return;
    }
    leave(call);
    call.line = line;
    ArrayDeque<CallStream> queue = queueOf(line);
    if (queue != null) {
      queue.add(call);
    }
  }

  void offerCredit(CallStream call) {
    if (!call.inCreditLine) {
      call.inCreditLine = true;
      creditLine.add(call);
    }
  }

  /** Takes the call out of every line. */
  void remove(CallStream call) {
    leave(call);
    if (call.inCreditLine) {
      call.inCreditLine = false;
      creditLine.remove(call);
    }
  }

  private void leave(CallStream call) {
    ArrayDeque<CallStream> queue = queueOf(call.line);
    if (queue != null) {
      queue.remove(call);
    }
    call.line = Line.NONE;
  }

  private @Nullable ArrayDeque<CallStream> queueOf(Line line) {
    return switch (line) {
      case NONE -> null;
      case CONTROL -> controlLine;
      case SMALL -> smallLine;
      case BULK -> bulkLine;
    };
  }

  /**
   * Appends as many frames as fit, all of one version; those of version 2 without checksums.
   *
   * @param progressed receives that of which something was sent
   * @return whether the frames are of version 2
   */
  boolean fill(ByteBuffer out, List<Sent> progressed) {
    if (token == 0 && v1.begun()) {
      v1.fill(out, progressed);
      return false;
    }
    if (!fillHandshake(out)) {
      return true;
    }
    if (token != 0) {
      while (fillSession(out) || fillCredit(out) || fillCall(out, progressed)) {}
    } else if (out.position() == 0 && !v1.isEmpty()) {
      v1.fill(out, progressed);
      return false;
    }
    return true;
  }

  /** False if the frame that has to go first does not fit. */
  private boolean fillHandshake(ByteBuffer out) {
    Handshake next = handshake;
    if (next == null) {
      return true;
    }
    if (FrameCodec.encodedSize(next.frame) > out.remaining()) {
      return false;
    }
    handshake = null;
    FrameCodec.encode(next.frame, next.token, 0, out);
    return true;
  }

  private boolean fillSession(ByteBuffer out) {
    Frame.Pong answer = pong;
    if (answer != null) {
      if (!put(answer, out)) {
        return false;
      }
      pong = null;
      return true;
    }
    Frame next = sessionFrames.peek();
    if (next == null || !put(next, out)) {
      return false;
    }
    controlBytes -= FrameCodec.encodedSize(next);
    sessionFrames.remove();
    return true;
  }

  private boolean fillCredit(ByteBuffer out) {
    if (creditToReturn >= limits.sessionWindow() / 4) {
      if (!put(new Frame.Credit(0, creditToReturn), out)) {
        return false;
      }
      creditToReturn = 0;
    }
    CallStream call = creditLine.peek();
    if (call == null || !put(new Frame.Credit(call.id(), call.creditToGrant()), out)) {
      return false;
    }
    call.creditGranted();
    call.inCreditLine = false;
    creditLine.remove();
    return true;
  }

  private boolean fillCall(ByteBuffer out, List<Sent> progressed) {
    CallStream call = nextCall();
    if (call == null) {
      return false;
    }
    if (!(call.line == Line.CONTROL ? putControl(call, out) : putPiece(call, out))) {
      return false;
    }
    smallSent = call.line == Line.SMALL ? smallSent + 1 : call.line == Line.BULK ? 0 : smallSent;
    progressed.add(call);
    // To the end of its line, so that calls take turns.
    leave(call);
    offer(call);
    return true;
  }

  private @Nullable CallStream nextCall() {
    if (!controlLine.isEmpty()) {
      return controlLine.peek();
    }
    if (credit <= 0) {
      return null;
    }
    boolean bulksTurn = smallLine.isEmpty() || (smallSent >= SMALL_BURST && !bulkLine.isEmpty());
    return bulksTurn ? bulkLine.peek() : smallLine.peek();
  }

  private boolean putControl(CallStream call, ByteBuffer out) {
    Frame frame = call.nextControl();
    if (!put(frame, out)) {
      return false;
    }
    controlBytes -= FrameCodec.encodedSize(frame);
    call.controlSent();
    return true;
  }

  private boolean putPiece(CallStream call, ByteBuffer out) {
    int room =
        Math.min(maxPayloadBytes, out.remaining() - FrameCodec.HEADER_BYTES)
            - FrameCodec.MESSAGE_PREFIX_BYTES;
    int most = (int) Math.min(room, credit);
    Frame.Message piece = room < 1 ? null : call.nextPiece(most);
    if (piece == null) {
      return false;
    }
    int size = FrameCodec.encodedSize(piece);
    // A buffer's rest is not worth a splinter of a large message.
    if (out.position() > 0 && size < SMALL_BYTES && call.line == Line.BULK && room < SMALL_BYTES) {
      return false;
    }
    int payload = piece.piece().remaining();
    FrameCodec.encode(piece, token, nextSequence++, out);
    credit -= size;
    call.pieceSent(payload, size);
    return true;
  }

  private boolean put(Frame frame, ByteBuffer out) {
    if (FrameCodec.encodedSize(frame) > out.remaining()) {
      return false;
    }
    FrameCodec.encode(frame, token, nextSequence++, out);
    return true;
  }
}
