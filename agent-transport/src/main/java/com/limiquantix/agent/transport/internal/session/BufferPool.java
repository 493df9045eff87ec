package com.limiquantix.agent.transport.internal.session;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** Keeps a few direct buffers for those who write at this moment; idle links hold none. */
public final class BufferPool {
  private final int bufferBytes;
  private final int maxKept;
  private final ArrayDeque<ByteBuffer> kept = new ArrayDeque<>();

  /**
   * @param bufferBytes size of every buffer
   * @param maxKept how many stay allocated while nobody uses them
   */
  public BufferPool(int bufferBytes, int maxKept) {
    this.bufferBytes = bufferBytes;
    this.maxKept = maxKept;
  }

  ByteBuffer take() {
    synchronized (kept) {
      ByteBuffer buffer = kept.poll();
      if (buffer != null) {
        return buffer.clear();
      }
    }
    return ByteBuffer.allocateDirect(bufferBytes);
  }

  void give(ByteBuffer buffer) {
    synchronized (kept) {
      if (kept.size() < maxKept) {
        kept.push(buffer);
      }
    }
  }
}
