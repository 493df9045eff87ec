package com.limiquantix.agent.transport.internal.frame;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The 32 bytes in front of every version 2 frame, all numbers big endian:
 *
 * <pre>
 *  0  3  "QTX"
 *  3  1  version, 2
 *  4  1  type
 *  5  1  flags
 *  6  2  zero
 *  8  4  call id, 0 where the frame belongs to no call
 * 12  4  sequence number of the frame in its direction and session; 0 for Hello, Welcome,
 *        Reset and Goodbye
 * 16  8  session token; 0 for Hello and Welcome
 * 24  4  length of the payload
 * 28  4  CRC32C (RFC 3720, appendix B.4) over bytes 0 to 27 and the payload
 * </pre>
 *
 * @param type code of the frame's type
 * @param flags meaning depends on the type
 * @param callId the call, or 0
 * @param sequence the frame's number
 * @param token the session's token
 * @param length bytes of payload
 * @param crc the checksum as sent
 */
record FrameHeader(int type, int flags, int callId, int sequence, long token, int length, int crc) {

  static final int BYTES = 32;
  static final int VERSION = 2;

  /** The first four bytes of a version 2 frame, as a big endian number. */
  static final int MAGIC = 0x51545800 | VERSION;

  static final int HELLO = 1;
  static final int WELCOME = 2;
  static final int RESET = 3;
  static final int GOODBYE = 4;
  static final int PING = 5;
  static final int PONG = 6;
  static final int CREDIT = 7;
  static final int OPEN = 8;
  static final int HEADERS = 9;
  static final int MESSAGE = 10;
  static final int HALF_CLOSE = 11;
  static final int TRAILERS = 12;
  static final int CANCEL = 13;

  /** On a message frame: the payload begins with the whole message's length in four bytes. */
  static final int FLAG_FIRST = 1;

  /** On the first frame of a message: it is compressed. */
  static final int FLAG_COMPRESSED = 2;

  private static final int CRC_OFFSET = 28;

  /** Reads the header at {@code at}; the caller has made sure that its bytes are there. */
  static FrameHeader read(ByteBuffer buffer, int at) throws FrameException {
    if (buffer.getInt(at) != MAGIC) {
      throw new FrameException("expected the start of a frame");
    }
    if (buffer.getShort(at + 6) != 0) {
      throw new FrameException("reserved header bytes are not zero");
    }
    return new FrameHeader(
        buffer.get(at + 4),
        buffer.get(at + 5),
        buffer.getInt(at + 8),
        buffer.getInt(at + 12),
        buffer.getLong(at + 16),
        buffer.getInt(at + 24),
        buffer.getInt(at + CRC_OFFSET));
  }

  /** Writes a header at the position, with a checksum of zero; {@link #seal} fills that in. */
  static void write(
      ByteBuffer out, int type, int flags, int callId, int sequence, long token, int length) {
    out.putInt(MAGIC)
        .put((byte) type)
        .put((byte) flags)
        .putShort((short) 0)
        .putInt(callId)
        .putInt(sequence)
        .putLong(token)
        .putInt(length)
        .putInt(0);
  }

  /** Computes and stores the checksum of the frame at {@code at}; returns where the next begins. */
  static int seal(ByteBuffer buffer, int at, CRC32C crc) {
    int end = end(buffer, at);
    buffer.putInt(at + CRC_OFFSET, checksum(buffer, at, end - at - BYTES, crc));
    return end;
  }

  /** Where the frame whose header stands at {@code at} ends. */
  static int end(ByteBuffer buffer, int at) {
    return at + BYTES + buffer.getInt(at + 24);
  }

  /** The checksum of the frame at {@code at}, whose header says {@code length}. */
  static int checksum(ByteBuffer buffer, int at, int length, CRC32C crc) {
    crc.reset();
    crc.update(buffer.duplicate().limit(at + CRC_OFFSET).position(at));
    if (length > 0) {
      crc.update(buffer.duplicate().limit(at + BYTES + length).position(at + BYTES));
    }
    return (int) crc.getValue();
  }
}
