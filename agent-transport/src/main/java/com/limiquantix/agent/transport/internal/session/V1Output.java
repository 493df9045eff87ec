package com.limiquantix.agent.transport.internal.session;

import org.jspecify.annotations.Nullable;

/** Where version 1 frames of a link go. Any thread; never blocks. */
public interface V1Output {
  /**
   * Sends a frame behind those before it.
   *
   * @param frame header and payload; not changed any more
   * @param left runs once the frame was handed to the link or dropped, without any lock held; null
   *     if nobody cares
   * @return false if too many wait already or a version 2 session has begun; then nothing was
   *     queued, and {@code left} does not run
   */
  boolean send(byte[] frame, @Nullable Runnable left);
}
