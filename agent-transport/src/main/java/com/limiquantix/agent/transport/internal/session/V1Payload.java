package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.transport.BufferBudget;

/**
 * The payload of a version 1 frame that has arrived whole. Its bytes count against the budget until
 * they are released, here or by the message that took them over.
 */
public final class V1Payload {
  private final byte[] bytes;
  private final int length;
  private final BufferBudget budget;

  /** The caller has reserved {@code length} of {@code budget}. */
  public V1Payload(byte[] bytes, int length, BufferBudget budget) {
    this.bytes = bytes;
    this.length = length;
    this.budget = budget;
  }

  /** The payload, in the first {@link #length} bytes; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** Bytes of the payload. */
  public int length() {
    return length;
  }

  /** A part of the payload as a message, which takes the memory over. */
  public InboundMessage message(int from, int count) {
    return InboundMessage.part(bytes, from, count, budget, length);
  }

  /** Gives the memory back. */
  public void release() {
    budget.release(length);
  }
}
