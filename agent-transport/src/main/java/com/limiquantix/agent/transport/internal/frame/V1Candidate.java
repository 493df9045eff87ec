package com.limiquantix.agent.transport.internal.frame;

import com.limiquantix.agent.protocol.Limits;
import java.nio.ByteBuffer;

/**
 * What a {@link FrameDecoder} takes for a version 1 frame, while its payload arrives: a candidate,
 * for nothing but its length says that it is one. Not thread-safe.
 */
final class V1Candidate {
  /** A probe of a host that waits for its Welcome is no longer than this. */
  private static final int MAX_PROBE_BYTES = 4_096;

  /** Field 1 of a version 1 message, its id, with a length before it (protobuf encoding). */
  private static final byte ID_TAG = 1 << 3 | 2;

  private final V1Sink sink;
  private int missing;

  V1Candidate(V1Sink sink) {
    this.sink = sink;
  }

  /** The length that the header at this place gives, whatever it is. */
  static int lengthAt(ByteBuffer window, int at) {
    return window.getInt(at + Integer.BYTES);
  }

  /** Whether a frame can have the length that the header at this place gives. */
  static boolean mayBegin(ByteBuffer window, int at) {
    int length = lengthAt(window, at);
    return length >= Limits.V1_MIN_PAYLOAD_BYTES && length <= Limits.V1_MAX_PAYLOAD_BYTES;
  }

  /** Whether a frame is here with all its bytes, beginning with an id as peers send it. */
  static boolean isWholeAt(ByteBuffer kept, int at) {
    int length = lengthAt(kept, at);
    int content = at + Limits.V1_HEADER_BYTES;
    return length >= Limits.V1_MIN_PAYLOAD_BYTES
        && length <= kept.limit() - content
        && kept.get(content) == ID_TAG;
  }

  /** Whether what begins here is as small as a probe, as far as it can be seen. */
  static boolean isProbeAt(ByteBuffer window, int at) {
    return window.remaining() > FrameStart.VERSION_OFFSET
        && window.getInt(at) == Limits.V1_MAGIC
        && (window.remaining() < Limits.V1_HEADER_BYTES
            || Integer.compareUnsigned(lengthAt(window, at), MAX_PROBE_BYTES) <= 0);
  }

  void begin(int length) {
    missing = length;
    sink.onV1Begin(length);
  }

  /** Takes what the window has of the payload. */
  void take(ByteBuffer window) {
    int count = Math.min(missing, window.remaining());
    sink.onV1Bytes(window.slice(window.position(), count));
    window.position(window.position() + count);
    missing -= count;
  }

  boolean isWhole() {
    return missing == 0;
  }

  void end() {
    sink.onV1End();
  }

  void abandon() {
    missing = 0;
    sink.onV1Abandoned();
  }

  /** What has arrived of the payload, as far as it is kept. */
  ByteBuffer held() {
    return sink.v1Held();
  }
}
