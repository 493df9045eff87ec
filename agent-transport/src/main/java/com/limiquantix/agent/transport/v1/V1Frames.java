package com.limiquantix.agent.transport.v1;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Timestamp;
import com.google.protobuf.WireFormat;
import com.limiquantix.agent.protocol.Limits;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentMessage.PayloadCase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;

/** Makes frames of version 1. */
final class V1Frames {
  private V1Frames() {}

  /** A frame with a whole message. */
  static byte[] of(AgentMessage message) {
    int size = message.getSerializedSize();
    byte[] frame = begun(size);
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(frame, Limits.V1_HEADER_BYTES, size);
      message.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("a message that changes its size", e);
    }
    return frame;
  }

  /** A frame with a payload that is serialized already, and is not copied but once. */
  static byte[] of(String id, Instant time, PayloadCase payload, byte[] content) {
    Timestamp timestamp = timestamp(time);
    int size =
        CodedOutputStream.computeStringSize(AgentMessage.MESSAGE_ID_FIELD_NUMBER, id)
            + CodedOutputStream.computeMessageSize(AgentMessage.TIMESTAMP_FIELD_NUMBER, timestamp)
            + CodedOutputStream.computeByteArraySize(payload.getNumber(), content);
    byte[] frame = begun(size);
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(frame, Limits.V1_HEADER_BYTES, size);
      out.writeString(AgentMessage.MESSAGE_ID_FIELD_NUMBER, id);
      out.writeMessage(AgentMessage.TIMESTAMP_FIELD_NUMBER, timestamp);
      out.writeTag(payload.getNumber(), WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(content.length);
      out.writeRawBytes(content);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("a message that changes its size", e);
    }
    return frame;
  }

  static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }

  private static byte[] begun(int size) {
    if (size > Limits.V1_MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "a message of " + size + " bytes, but a version 1 frame holds no more than 16 MiB");
    }
    byte[] frame = new byte[Limits.V1_HEADER_BYTES + size];
    ByteBuffer.wrap(frame).putInt(Limits.V1_MAGIC).putInt(size);
    return frame;
  }
}
