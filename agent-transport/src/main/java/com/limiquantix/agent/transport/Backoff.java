package com.limiquantix.agent.transport;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts to connect: the first, then longer by {@code factor} each time, up to the
 * longest, each made longer or shorter at random by up to a fifth so that a thousand channels do
 * not knock at once.
 *
 * @param first pause after the first failure
 * @param factor at least 1
 * @param longest no pause is longer, but for the random part
 */
public record Backoff(Duration first, double factor, Duration longest) {
  /** 200 ms, 1.6, 10 s. */
  public static final Backoff DEFAULT =
      new Backoff(Duration.ofMillis(200), 1.6, Duration.ofSeconds(10));

  private static final double JITTER = 0.2;

  /** Checks the ranges. */
  public Backoff {
    if (first.isNegative() || factor < 1 || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "pauses from " + first + " to " + longest + " growing by " + factor);
    }
  }

  /**
   * The pause before the next attempt, in nanoseconds.
   *
   * @param failures attempts in a row that failed before the last one, 0 or more
   * @param random makes it longer or shorter
   */
  public long delayNanos(int failures, RandomGenerator random) {
    double grown = (double) first.toNanos() * Math.pow(factor, Math.min(failures, 100));
    double bounded = Math.min(grown, (double) longest.toNanos());
    return (long) (bounded * (1 + JITTER * (2 * random.nextDouble() - 1)));
  }
}
