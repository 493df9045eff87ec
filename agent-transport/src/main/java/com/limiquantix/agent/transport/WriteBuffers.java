package com.limiquantix.agent.transport;

import com.limiquantix.agent.transport.internal.session.BufferPool;

/** Memory for writing that the channels of a process share. */
public final class WriteBuffers {
  private static final int BESIDE_A_FRAME_BYTES = 64 << 10;

  final BufferPool pool;

  /**
   * @param limits of the channels that will share it
   * @param maxKept how many stay allocated while nobody writes
   */
  public WriteBuffers(TransportLimits limits, int maxKept) {
    pool = new BufferPool(limits.maxFramePayloadBytes() + BESIDE_A_FRAME_BYTES, maxKept);
  }
}
