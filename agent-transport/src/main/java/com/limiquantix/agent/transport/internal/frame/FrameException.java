package com.limiquantix.agent.transport.internal.frame;

/** Bytes that are not a frame which may stand where they stand. */
public final class FrameException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what was found and what had to be there, without contents
   */
  public FrameException(String message) {
    // Damage may come in floods, and where in the decoder it was noticed helps nobody.
    super(message, null, false, false);
  }
}
