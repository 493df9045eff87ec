package com.limiquantix.agent.app.v1peer;

import java.nio.ByteBuffer;

/** The frames of version 1: four bytes of magic, four of length, and a message. */
public final class V1Frames {
  /** What a frame begins with: "QTX" and the version. */
  public static final int MAGIC = 0x51545801;

  /** The longest message, in bytes. */
  public static final int MAX_LENGTH = 16_777_216;

  static final int HEADER_BYTES = 8;

  private V1Frames() {}

  /** A frame around any bytes, as many as they are. */
  public static byte[] frame(byte[] message) {
    return join(header(message.length), message);
  }

  /** The header of a frame that claims to be so long, 0 to 4,294,967,295. */
  public static byte[] header(long length) {
    return ByteBuffer.allocate(HEADER_BYTES).putInt(MAGIC).putInt((int) length).array();
  }

  /** One after the other. */
  public static byte[] join(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteBuffer all = ByteBuffer.allocate(length);
    for (byte[] part : parts) {
      all.put(part);
    }
    return all.array();
  }
}
