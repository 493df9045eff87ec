package com.limiquantix.agent.transport.v1;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentMessage.PayloadCase;
import java.io.IOException;

/**
 * Where things are in an {@link AgentMessage}, found without parsing or copying its payload.
 *
 * @param id the message's id; may be empty
 * @param payload the number of the payload's field, known or not; 0 if there is none
 * @param from where the payload begins
 * @param length bytes of the payload
 */
record V1Envelope(String id, int payload, int from, int length) {
  /**
   * Peers use UUIDs. An id is kept for as long as its call lasts, beyond what the budget counts.
   */
  static final int MAX_ID_BYTES = 256;

  private static final int NO_PAYLOAD = 0;

  /**
   * Reads the first {@code count} bytes.
   *
   * @throws IOException if they are no such message, or its id is too long
   */
  static V1Envelope of(byte[] bytes, int count) throws IOException {
    return read(CodedInputStream.newInstance(bytes, 0, count), false);
  }

  /**
   * Reads the beginning of a message whose rest was not kept: the payload is named, but ends beyond
   * what is there.
   *
   * @throws IOException if the message does not begin with its id
   */
  static V1Envelope ofHead(byte[] head) throws IOException {
    return read(CodedInputStream.newInstance(head), true);
  }

  private static V1Envelope read(CodedInputStream in, boolean headOnly) throws IOException {
    String id = "";
    int payload = NO_PAYLOAD;
    int from = 0;
    int length = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int number = WireFormat.getTagFieldNumber(tag);
      if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        in.skipField(tag);
        continue;
      }
      if (number == AgentMessage.MESSAGE_ID_FIELD_NUMBER) {
        id = readId(in);
        continue;
      }
      int size = in.readRawVarint32();
      if (number != AgentMessage.TIMESTAMP_FIELD_NUMBER && (isKnown(number) || !isKnown(payload))) {
        payload = number;
        from = in.getTotalBytesRead();
        length = size;
        if (headOnly) {
          break;
        }
      }
      in.skipRawBytes(size);
    }
    return new V1Envelope(id, payload, from, length);
  }

  private static String readId(CodedInputStream in) throws IOException {
    byte[] id = in.readByteArray();
    if (id.length > MAX_ID_BYTES) {
      throw new InvalidProtocolBufferException("an id of " + id.length + " bytes");
    }
    return new String(id, java.nio.charset.StandardCharsets.UTF_8);
  }

  private static boolean isKnown(int number) {
    return number != NO_PAYLOAD && PayloadCase.forNumber(number) != null;
  }

  /** The payload's name; not set for one that is not known. */
  PayloadCase payloadCase() {
    PayloadCase known = PayloadCase.forNumber(payload);
    return known == null ? PayloadCase.PAYLOAD_NOT_SET : known;
  }
}
