package com.limiquantix.agent.transport.internal.session;

/** A message that waits to be sent, possibly in pieces. */
final class OutboundMessage {
  private final byte[] bytes;
  private final boolean compressed;

  /**
   * @param bytes the whole message; not changed any more
   */
  OutboundMessage(byte[] bytes, boolean compressed) {
    this.bytes = bytes;
    this.compressed = compressed;
  }

  byte[] bytes() {
    return bytes;
  }

  boolean compressed() {
    return compressed;
  }
}
