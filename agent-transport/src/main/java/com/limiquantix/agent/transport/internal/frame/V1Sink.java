package com.limiquantix.agent.transport.internal.frame;

import java.nio.ByteBuffer;

/**
 * Receives the version 1 frames that a {@link FrameDecoder} finds, in parts: they may be larger
 * than what anybody wants to hold.
 */
public interface V1Sink {
  /**
   * A frame begins.
   *
   * @param length bytes of its payload, 1 to 16 MiB
   */
  void onV1Begin(int length);

  /** The next bytes of the payload; valid until return. */
  void onV1Bytes(ByteBuffer part);

  /** The payload is complete. */
  void onV1End();

  /** The frame that began will not be completed. */
  void onV1Abandoned();

  /**
   * What has arrived of the frame that began, from its first byte of payload on; empty if it is
   * being skipped.
   */
  ByteBuffer v1Held();
}
