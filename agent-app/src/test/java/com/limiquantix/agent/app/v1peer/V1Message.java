package com.limiquantix.agent.app.v1peer;

import java.time.Instant;
import java.util.List;

/**
 * One AgentMessage that was received.
 *
 * @param id its message_id; empty if it had none
 * @param time when it was sent; the epoch if it did not say
 * @param payload the number of the payload's field; 0 if it had none
 * @param body the payload
 */
public record V1Message(String id, Instant time, int payload, ProtoFields body) {

  private static final int FIRST_PAYLOAD = 10;

  /**
   * Reads an AgentMessage.
   *
   * @throws IllegalArgumentException if these bytes are none
   */
  public static V1Message read(byte[] bytes) {
    ProtoFields all = ProtoFields.read(bytes);
    List<Integer> payloads = all.ids().stream().filter(id -> id >= FIRST_PAYLOAD).toList();
    int payload = payloads.isEmpty() ? 0 : payloads.get(payloads.size() - 1);
    return new V1Message(
        all.text(V1Fields.AgentMessage.MESSAGE_ID),
        all.time(V1Fields.AgentMessage.TIMESTAMP),
        payload,
        all.message(payload));
  }

  /** An AgentMessage with the time that v1 peers put into each. */
  public static byte[] bytes(String id, Instant time, int payload, ProtoWriter body) {
    ProtoWriter message = new ProtoWriter();
    if (!id.isEmpty()) {
      message.text(V1Fields.AgentMessage.MESSAGE_ID, id);
    }
    return message.time(V1Fields.AgentMessage.TIMESTAMP, time).message(payload, body).toBytes();
  }

  /** Whether this is the payload. */
  public boolean is(V1Payload kind) {
    return payload == kind.number();
  }
}
