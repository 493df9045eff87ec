package com.limiquantix.agent.transport.internal.frame;

import com.limiquantix.agent.protocol.Limits;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Finds the frames in a stream of bytes that arrives in pieces of any size. Without a session it
 * searches for a handshake at every offset; within one it takes frames back to back and calls
 * everything else damage. It holds at most one incomplete frame.
 *
 * <p>Version 1 frames have neither token nor checksum, so that contents could pose as them. They
 * are looked for without a session only, and by an agent only as long as it has seen nothing of
 * version 2 since the host was last gone.
 *
 * <p>Not thread-safe.
 */
public final class FrameDecoder {

  /** Which end of the link this is. */
  public enum Role {
    HOST,
    AGENT
  }

  /** Receives what was found; may change what is expected next. */
  public interface Sink {
    /** A frame whose token, number and checksum were right. Its content is valid until return. */
    void onFrame(Frame frame);

    /**
     * The session's stream is damaged. No further frame of it is delivered.
     *
     * @param reason what was found, without contents
     */
    void onDamage(String reason);

    /**
     * An agent without a session saw what looks like a frame of one.
     *
     * @param token the token in it, unverified
     */
    void onStaleFrame(long token);
  }

  private enum Mode {
    /** Bytes are dropped: a host that has not said Hello. */
    DEAF,
    /** A search for a Hello (agent) or for the Welcome with our nonce (host). */
    HUNTING,
    /** Frames of one session, back to back. */
    SESSION,
    /** Within the payload of a version 1 frame. */
    V1
  }

  /**
   * So many stalls later a version 1 frame is given up. Its rest would be taken for frames if it
   * came yet, and what it swallows would be lost if it were kept for ever.
   */
  static final int V1_STALLS = 50;

  /** So many stalls later the beginning of a header is given up. */
  static final int V1_HEADER_STALLS = 5;

  private static final int NONE = -1;
  private static final byte[] NOTHING = {};

  private final Role role;
  private final int maxPayloadBytes;
  private final int maxHeaderBytes;
  private final CRC32C crc = new CRC32C();

  private Mode mode;
  private long nonce;
  private long token;
  private int nextSequence;

  private byte[] held = NOTHING;
  private int heldBytes;
  private int needed = FrameHeader.BYTES;

  /** Of the bytes held now so many were there when the last search for a frame in them ended. */
  private int searchedBytes;

  private long progress;

  private final boolean v2;
  private final @Nullable V1Candidate v1;
  private boolean v1Believed;
  private int v1Stalls;

  /** A decoder of version 2 alone. */
  public FrameDecoder(Role role, int maxPayloadBytes, int maxHeaderBytes) {
    this(role, maxPayloadBytes, maxHeaderBytes, true, null);
  }

  /**
   * @param maxPayloadBytes what this side announces as its limit for one frame
   * @param maxHeaderBytes what it announces as its limit for headers and trailers of a call
   * @param v2 whether version 2 is spoken
   * @param v1 receives frames of version 1; null if it is not spoken
   */
  public FrameDecoder(
      Role role, int maxPayloadBytes, int maxHeaderBytes, boolean v2, @Nullable V1Sink v1) {
    this.role = role;
    this.maxPayloadBytes = maxPayloadBytes;
    this.maxHeaderBytes = maxHeaderBytes;
    this.v2 = v2;
    this.v1 = v1 == null ? null : new V1Candidate(v1);
    this.v1Believed = v1 != null;
    this.mode = withoutSession();
  }

  /** Agent: no session; search for a Hello from here on. */
  public void expectHello() {
    drop();
    mode = Mode.HUNTING;
  }

  /** Host: Hello was said; drop everything until the Welcome with this nonce. */
  public void expectWelcome(long ourNonce) {
    drop();
    nonce = ourNonce;
    mode = Mode.HUNTING;
  }

  /** Host: a session is lost, and what is left of it may still arrive. */
  public void expectNothing() {
    drop();
    mode = withoutSession();
  }

  /**
   * Takes version 1 for what it says again. Not while something of a session may still arrive: its
   * contents could pose as version 1.
   */
  public void believeV1() {
    v1Believed = v1 != null;
  }

  /** Either: a session has begun and its frames follow at once, numbered from 1. */
  public void expectSession(long sessionToken) {
    token = sessionToken;
    nextSequence = 1;
    v1Believed = false;
    mode = Mode.SESSION;
  }

  /** The peer is gone: forget everything that is held, and go back to the beginning. */
  public void reset() {
    expectNothing();
    believeV1();
  }

  /** A host that has said no Hello waits for nothing, unless a version 1 agent may speak first. */
  private Mode withoutSession() {
    return role == Role.AGENT || !v2 ? Mode.HUNTING : Mode.DEAF;
  }

  /** Whether an incomplete frame is held. */
  public boolean incomplete() {
    return heldBytes > 0 || mode == Mode.V1;
  }

  /** Changes whenever the incomplete frame that is held becomes another one or none. */
  public long progress() {
    return progress;
  }

  /** Memory that is allocated for an incomplete frame. */
  public int heldCapacityBytes() {
    return held.length;
  }

  /** Takes all remaining bytes. */
  public void feed(ByteBuffer bytes, Sink sink) {
    while (bytes.hasRemaining()) {
      if (heldBytes == 0) {
        parse(bytes, sink);
        if (bytes.hasRemaining()) {
          hold(bytes);
        }
        continue;
      }
      hold(bytes);
      if (heldBytes >= needed) {
        parseHeld(0, sink);
      }
    }
    if (heldBytes == 0) {
      held = NOTHING;
    }
  }

  /**
   * Tells that a frame has been incomplete for a while. If another whole frame lies inside what is
   * held, the rest of the first is lost: the session ends, or the handshake in it is taken. While
   * it is merely late nothing happens, and neither if none is incomplete.
   */
  public void onStall(Sink sink) {
    if (!incomplete()) {
      return;
    }
    if (mode == Mode.V1) {
      stalledV1(sink);
      return;
    }
    if (mode == Mode.HUNTING && v1Believed && heldBytes < Limits.V1_HEADER_BYTES) {
      v1Stalls++;
      if (v1Stalls >= V1_HEADER_STALLS) {
        parseHeld(1, sink);
      }
      return;
    }
    int at = embedded();
    searchedBytes = heldBytes;
    if (at == NONE) {
      return;
    }
    if (mode == Mode.HUNTING) {
      huntHeld(at, sink);
      return;
    }
    if (held[at + 4] == FrameHeader.HELLO) {
      parseHeld(at, sink);
      return;
    }
    // The receiver of the damage makes us forget what is held.
    ByteBuffer rest = ByteBuffer.wrap(held, 1, heldBytes - 1);
    mode = withoutSession();
    drop();
    sink.onDamage("a frame that begins inside another whose rest is missing");
    parse(rest, sink);
    if (rest.hasRemaining()) {
      hold(rest);
    }
  }

  /**
   * Behind a frame that was found in what is held may lie another beginning without an end. It has
   * waited as long, so what lies in it is looked for at once.
   */
  private void huntHeld(int found, Sink sink) {
    int at = found;
    while (at != NONE) {
      parseHeld(at, sink);
      at = mode == Mode.HUNTING ? embedded() : NONE;
    }
    searchedBytes = mode == Mode.HUNTING ? heldBytes : 0;
  }

  private void hold(ByteBuffer bytes) {
    int count = Math.min(needed - heldBytes, bytes.remaining());
    if (held.length < needed) {
      held = Arrays.copyOf(held, needed);
    }
    // May come from the same array, from further behind.
    bytes.get(held, heldBytes, count);
    heldBytes += count;
  }

  private void parseHeld(int from, Sink sink) {
    ByteBuffer window = ByteBuffer.wrap(held, from, heldBytes - from);
    release();
    parse(window, sink);
    if (window.hasRemaining()) {
      hold(window);
    }
  }

  private void release() {
    heldBytes = 0;
    needed = FrameHeader.BYTES;
    searchedBytes = 0;
    v1Stalls = 0;
    progress++;
  }

  private void drop() {
    release();
    held = NOTHING;
    abandonV1();
  }

  private void abandonV1() {
    if (mode == Mode.V1 && v1 != null) {
      mode = Mode.HUNTING;
      v1.abandon();
    }
  }

  /** Consumes whole frames; leaves the position at an incomplete one, with {@link #needed} set. */
  private void parse(ByteBuffer window, Sink sink) {
    boolean go = true;
    while (go && window.hasRemaining()) {
      go =
          switch (mode) {
            case DEAF -> {
              window.position(window.limit());
              yield false;
            }
            case HUNTING -> huntOne(window, sink);
            case SESSION -> takeOne(window, sink);
            case V1 -> takeV1(window);
          };
    }
  }

  /** Looks for one handshake or version 1 frame; false when more bytes are needed. */
  private boolean huntOne(ByteBuffer window, Sink sink) {
    int at = FrameStart.next(window, window.position(), v2, v1Believed);
    window.position(at);
    if (isMagicCut(window)) {
      return false;
    }
    if (window.get(at + FrameStart.VERSION_OFFSET) == Limits.V1_VERSION) {
      return huntV1(window, at);
    }
    if (window.remaining() < FrameHeader.BYTES) {
      needed = FrameHeader.BYTES;
      return false;
    }
    FrameHeader header = headerAt(window, at);
    if (header == null || !isHandshake(header, wantedHandshake())) {
      if (header != null && role == Role.AGENT && header.token() != 0) {
        // Between the frames of a session contents may hold whatever looks like version 1.
        v1Believed = false;
        sink.onStaleFrame(header.token());
      }
      window.position(at + 1);
      return true;
    }
    int total = FrameHeader.BYTES + header.length();
    if (window.remaining() < total) {
      needed = total;
      return false;
    }
    Frame frame = verified(window, at, header);
    if (frame == null || (frame instanceof Frame.Welcome w && w.message().getNonce() != nonce)) {
      window.position(at + 1);
      return true;
    }
    window.position(at + total);
    sink.onFrame(frame);
    return true;
  }

  private boolean huntV1(ByteBuffer window, int at) {
    if (window.remaining() < Limits.V1_HEADER_BYTES) {
      needed = Limits.V1_HEADER_BYTES;
      return false;
    }
    V1Candidate candidate = v1;
    if (candidate == null || !V1Candidate.mayBegin(window, at)) {
      window.position(at + 1);
      return true;
    }
    window.position(at + Limits.V1_HEADER_BYTES);
    v1Stalls = 0;
    mode = Mode.V1;
    candidate.begin(V1Candidate.lengthAt(window, at));
    return true;
  }

  /** Passes on what the window has of the payload of a version 1 frame. */
  private boolean takeV1(ByteBuffer window) {
    V1Candidate candidate = v1;
    if (candidate == null) {
      throw new IllegalStateException("version 1 is not spoken");
    }
    candidate.take(window);
    v1Stalls = 0;
    progress++;
    if (candidate.isWhole()) {
      mode = Mode.HUNTING;
      candidate.end();
    }
    return true;
  }

  /**
   * A version 1 frame makes no progress. A whole frame inside it shows that its rest is lost; one
   * that is skipped anyway is not worth waiting for.
   */
  private void stalledV1(Sink sink) {
    V1Candidate candidate = v1;
    if (candidate == null) {
      return;
    }
    ByteBuffer kept = candidate.held();
    int at = embeddedInV1(kept);
    v1Stalls++;
    if (at == NONE && kept.hasRemaining() && v1Stalls < V1_STALLS) {
      return;
    }
    abandonV1();
    if (at != NONE) {
      kept.position(at);
      parse(kept, sink);
      if (kept.hasRemaining()) {
        hold(kept);
      }
    }
  }

  private int embeddedInV1(ByteBuffer kept) {
    for (int at = FrameStart.next(kept, 0, v2, v1Believed);
        at + Limits.V1_HEADER_BYTES < kept.limit(); ) {
      if (kept.get(at + FrameStart.VERSION_OFFSET) == Limits.V1_VERSION
          ? V1Candidate.isWholeAt(kept, at)
          : isWholeHandshake(kept, at)) {
        return at;
      }
      at = FrameStart.next(kept, at + 1, v2, v1Believed);
    }
    return NONE;
  }

  private boolean isWholeHandshake(ByteBuffer kept, int at) {
    if (kept.limit() - at < FrameHeader.BYTES) {
      return false;
    }
    FrameHeader header = headerAt(kept, at);
    return header != null
        && isHandshake(header, wantedHandshake())
        && header.length() <= kept.limit() - at - FrameHeader.BYTES
        && verified(kept, at, header) != null;
  }

  private int wantedHandshake() {
    return role == Role.AGENT ? FrameHeader.HELLO : FrameHeader.WELCOME;
  }

  private static boolean isHandshake(FrameHeader header, int type) {
    return header.type() == type
        && header.token() == 0
        && header.callId() == 0
        && header.sequence() == 0
        && header.length() >= 0
        && header.length() <= FrameCodec.MAX_HANDSHAKE_BYTES;
  }

  /** Takes the one frame that must stand here; false when more bytes are needed. */
  private boolean takeOne(ByteBuffer window, Sink sink) {
    int at = window.position();
    String wrong = FrameStart.wrong(window, at);
    if (wrong != null) {
      return isProbe(window, at) ? skipProbe(window, at) : damage(window, at, wrong, sink);
    }
    if (isMagicCut(window)) {
      return false;
    }
    if (window.remaining() < FrameHeader.BYTES) {
      needed = FrameHeader.BYTES;
      return false;
    }
    FrameHeader header = headerAt(window, at);
    boolean handshake = header != null && isHandshake(header, wantedHandshake());
    if (header == null || !(handshake || belongs(header))) {
      return damage(window, at, "a frame that is not of this session", sink);
    }
    int total = FrameHeader.BYTES + header.length();
    if (window.remaining() < total) {
      needed = total;
      return false;
    }
    if (FrameHeader.checksum(window, at, header.length(), crc) != header.crc()) {
      return damage(window, at, "a frame whose checksum is wrong", sink);
    }
    if (isNumbered(header.type())) {
      if (header.sequence() != nextSequence) {
        return damage(window, at, "a frame out of sequence", sink);
      }
      nextSequence++;
    }
    try {
      Frame frame = FrameCodec.decode(header, payload(window, at, header));
      if (frame instanceof Frame.Welcome welcome && !isRepeated(welcome)) {
        return damage(window, at, "the beginning of another session", sink);
      }
      window.position(at + total);
      if (!(frame instanceof Frame.Welcome)) {
        sink.onFrame(frame);
      }
      return true;
    } catch (FrameException e) {
      return damage(window, at, String.valueOf(e.getMessage()), sink);
    }
  }

  /**
   * Whether version 1 begins here where a host may still have said it: after Hellos that we were
   * slow to answer, and before its first frame of the session. It is passed over, never read.
   */
  private boolean isProbe(ByteBuffer window, int at) {
    return role == Role.AGENT && nextSequence == 1 && V1Candidate.isProbeAt(window, at);
  }

  private boolean skipProbe(ByteBuffer window, int at) {
    needed = Limits.V1_HEADER_BYTES;
    if (window.remaining() >= needed) {
      needed += V1Candidate.lengthAt(window, at);
    }
    if (window.remaining() < needed) {
      return false;
    }
    window.position(at + needed);
    return true;
  }

  private static boolean isNumbered(int type) {
    return switch (type) {
      case FrameHeader.HELLO, FrameHeader.WELCOME, FrameHeader.RESET, FrameHeader.GOODBYE -> false;
      default -> true;
    };
  }

  /** An agent that was slow answers each of our Hellos, which all said the same. */
  private boolean isRepeated(Frame.Welcome welcome) {
    return role == Role.HOST
        && welcome.message().getNonce() == nonce
        && welcome.message().getToken() == token;
  }

  /** A Hello or Welcome belongs to no session, whatever its token. */
  private boolean belongs(FrameHeader header) {
    return header.token() == token
        && header.type() != FrameHeader.HELLO
        && header.type() != FrameHeader.WELCOME
        && header.length() >= 0
        && header.length() <= maxLength(header.type());
  }

  private int maxLength(int type) {
    return switch (type) {
      case FrameHeader.OPEN, FrameHeader.HEADERS, FrameHeader.TRAILERS -> maxHeaderBytes;
      default -> maxPayloadBytes;
    };
  }

  private boolean damage(ByteBuffer window, int at, String reason, Sink sink) {
    mode = withoutSession();
    // The next handshake may begin right behind the first byte of what was taken for a frame.
    window.position(at + 1);
    sink.onDamage(reason);
    return true;
  }

  /**
   * Whether no more than the first bytes of a magic are here. The next byte can show that they are
   * none, and what they are must not depend on the pieces in which they come.
   */
  private boolean isMagicCut(ByteBuffer window) {
    if (window.remaining() > FrameStart.VERSION_OFFSET) {
      return false;
    }
    needed = window.remaining() + 1;
    return true;
  }

  private static @Nullable FrameHeader headerAt(ByteBuffer window, int at) {
    try {
      return FrameHeader.read(window, at);
    } catch (FrameException e) {
      return null;
    }
  }

  private @Nullable Frame verified(ByteBuffer window, int at, FrameHeader header) {
    if (FrameHeader.checksum(window, at, header.length(), crc) != header.crc()) {
      return null;
    }
    try {
      return FrameCodec.decode(header, payload(window, at, header));
    } catch (FrameException e) {
      return null;
    }
  }

  private static ByteBuffer payload(ByteBuffer window, int at, FrameHeader header) {
    return window.slice(at + FrameHeader.BYTES, header.length());
  }

  /**
   * Where a whole frame lies inside the incomplete one. Looks at every place once it can be decided
   * and never again, so that a frame which drips in costs no more than one that comes at once.
   */
  private int embedded() {
    ByteBuffer window = ByteBuffer.wrap(held, 0, heldBytes);
    for (int at = FrameStart.nextMagic(window, 1); at + FrameHeader.BYTES <= heldBytes; ) {
      FrameHeader header = headerAt(window, at);
      if (header != null && mayFollow(header)) {
        int end = at + FrameHeader.BYTES + header.length();
        if (end <= heldBytes
            && end > searchedBytes
            && verified(window, at, header) != null
            && (mode == Mode.HUNTING || belongs(header) || onlyHandshakesFrom(window, end))) {
          return at;
        }
      }
      at = FrameStart.nextMagic(window, at + 1);
    }
    return NONE;
  }

  /**
   * Whether nothing else than handshakes follows, of which the last may be incomplete. A host says
   * nothing but Hello until it is answered, while behind a Hello that is content comes more of it.
   */
  private boolean onlyHandshakesFrom(ByteBuffer window, int from) {
    int at = from;
    while (at + FrameHeader.BYTES <= heldBytes) {
      FrameHeader header = headerAt(window, at);
      if (header == null || !isHandshake(header, wantedHandshake())) {
        return false;
      }
      at += FrameHeader.BYTES + header.length();
    }
    return at >= heldBytes || FrameStart.wrong(window, at) == null;
  }

  /** Whether a frame with this header, if it is whole, shows that the one before it is not. */
  private boolean mayFollow(FrameHeader header) {
    if (mode == Mode.SESSION && belongs(header)) {
      return true;
    }
    boolean stale = mode == Mode.HUNTING && role == Role.AGENT && header.token() != 0;
    return isHandshake(header, wantedHandshake())
        || (stale && header.length() >= 0 && header.length() <= FrameCodec.MAX_HANDSHAKE_BYTES);
  }
}
