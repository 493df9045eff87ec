package com.limiquantix.agent.security.limits;

/**
 * A bucket that holds as many tokens as may be taken in one period, is full at first, and fills
 * evenly. It keeps one number, the time at which it would be full again (the generic cell rate
 * algorithm), so that its rate may change from one call to the next. One thread at a time.
 */
final class TokenBucket {
  private final long periodNanos;
  private long fullAt;
  private boolean used;

  /**
   * @param periodNanos the time in which an empty bucket fills
   */
  TokenBucket(long periodNanos) {
    this.periodNanos = periodNanos;
  }

  /**
   * How long to wait until a token can be taken; 0 if one can be now.
   *
   * @param tokens how many there are in a period; 0 for as many as one likes
   * @param now by a clock such as {@link System#nanoTime}
   */
  long waitNanos(int tokens, long now) {
    if (tokens == 0) {
      return 0;
    }
    long wait = fullAt(now) - now + periodNanos / tokens - periodNanos;
    return Math.max(0, wait);
  }

  /** Takes a token that {@link #waitNanos} has found. */
  void take(int tokens, long now) {
    if (tokens > 0) {
      fullAt = fullAt(now) + periodNanos / tokens;
      used = true;
    }
  }

  /**
   * Not before now, and not so late that more than a period would pass after a rate has changed.
   */
  private long fullAt(long now) {
    if (!used || fullAt - now < 0) {
      return now;
    }
    return fullAt - now > periodNanos ? now + periodNanos : fullAt;
  }
}
