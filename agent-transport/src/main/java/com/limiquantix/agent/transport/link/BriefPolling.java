package com.limiquantix.agent.transport.link;

/**
 * Decides whether a wait is worth polling instead of sleeping: where the last waits were all short,
 * the next one probably is, and a thread that polls needs not be woken. One wait that is longer
 * than expected ends it until as many short ones have been seen again, so at most {@link
 * #WINDOW_NANOS} are polled in vain for every {@link #SHORT_WAITS} that were short. One thread.
 */
final class BriefPolling {
  /**
   * What counts as short, and how long one wait polls at most. A round trip takes 60 to 200 µs here
   * when each of its threads has to be woken on another processor.
   */
  static final long WINDOW_NANOS = 200_000;

  /** How many short waits in a row it takes. */
  static final int SHORT_WAITS = 8;

  private int inARow;

  boolean isWorthwhile() {
    return inARow >= SHORT_WAITS;
  }

  /** A wait has ended after {@code nanos}, polled or slept. */
  void waited(long nanos) {
    inARow = nanos <= WINDOW_NANOS ? Math.min(inARow + 1, SHORT_WAITS) : 0;
  }
}
