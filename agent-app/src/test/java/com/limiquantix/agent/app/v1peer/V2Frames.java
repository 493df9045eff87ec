package com.limiquantix.agent.app.v1peer;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Frames of version 2 byte by byte, as docs/protocol.md describes them: what a forger can write.
 */
public final class V2Frames {
  public static final int HELLO = 1;
  public static final int WELCOME = 2;
  public static final int RESET = 3;
  public static final int PING = 5;
  public static final int PONG = 6;
  public static final int OPEN = 8;
  public static final int MESSAGE = 10;
  public static final int HALF_CLOSE = 11;

  static final int MAGIC = 0x51545802;
  static final int HEADER_BYTES = 32;
  static final int TYPE_AT = 4;
  static final int TOKEN_AT = 16;
  static final int LENGTH_AT = 24;

  private static final int CHECKSUM_AT = 28;
  private static final int FIRST_PIECE = 1;

  private V2Frames() {}

  /** A frame with a right checksum. */
  public static byte[] frame(
      int type, int flags, int callId, int sequence, long token, byte[] payload) {
    ByteBuffer frame =
        ByteBuffer.allocate(HEADER_BYTES + payload.length)
            .putInt(MAGIC)
            .put((byte) type)
            .put((byte) flags)
            .putShort((short) 0)
            .putInt(callId)
            .putInt(sequence)
            .putLong(token)
            .putInt(payload.length);
    CRC32C checksum = new CRC32C();
    checksum.update(frame.array(), 0, CHECKSUM_AT);
    checksum.update(payload);
    return frame.putInt((int) checksum.getValue()).put(payload).array();
  }

  /** A Hello that begins a session. */
  public static byte[] hello(long nonce) {
    ProtoWriter hello = new ProtoWriter().fixed(1, nonce).number(2, 2).number(3, 2);
    return frame(HELLO, 0, 0, 0, 0, hello.toBytes());
  }

  /** A Ping of the session's own. */
  public static byte[] ping(int sequence, long token) {
    return frame(PING, 0, 0, sequence, token, new byte[Long.BYTES]);
  }

  /** The three frames of a unary call. */
  public static byte[] call(
      int callId, int firstSequence, long token, String method, ProtoWriter request) {
    byte[] message = request.toBytes();
    byte[] piece =
        ByteBuffer.allocate(4 + message.length).putInt(message.length).put(message).array();
    byte[] headers = new ProtoWriter().text(1, method).toBytes();
    return V1Frames.join(
        frame(OPEN, 0, callId, firstSequence, token, headers),
        frame(MESSAGE, FIRST_PIECE, callId, firstSequence + 1, token, piece),
        frame(HALF_CLOSE, 0, callId, firstSequence + 2, token, new byte[0]));
  }
}
