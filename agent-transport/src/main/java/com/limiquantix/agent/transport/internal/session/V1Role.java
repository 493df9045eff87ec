package com.limiquantix.agent.transport.internal.session;

import io.grpc.Status;

/**
 * What an endpoint does with version 1. Calls come one after the other, mostly in the thread that
 * reads the link, and must not block.
 */
public interface V1Role {
  /**
   * Agent: a host is there of which nothing is known yet. Host: the agent speaks version 1 and no
   * other.
   *
   * @param certain whether what comes first is the beginning of something; otherwise it may be
   *     contents of version 2 that pose as version 1
   */
  void begin(boolean certain);

  /** Host: asks the agent for a sign of life. Before {@link #begin} or after. */
  void probe();

  /**
   * A frame has arrived whole. The receiver releases the payload.
   *
   * @return what it says about the peer; for a host
   */
  V1Sign onPayload(V1Payload payload);

  /**
   * A frame was skipped.
   *
   * @param head the first bytes of its payload
   * @param reason why, for its sender
   */
  void onRefused(byte[] head, Status reason);

  /**
   * The peer is gone or speaks version 2 now: what is under way ends with {@code reason}, and
   * nothing is sent any more until {@link #begin}. May come without a {@code begin} before it.
   */
  void end(Status reason);
}
