package com.limiquantix.agent.app.cli;

/**
 * How long many calls took, in memory that does not depend on their number: counts in classes that
 * are at most 1/128 of their value wide. Not thread-safe.
 */
final class Latencies {
  private static final int PRECISION_BITS = 7;
  private static final int PER_OCTAVE = 1 << PRECISION_BITS;

  private final long[] counts = new long[(Long.SIZE - PRECISION_BITS) * PER_OCTAVE];
  private long count;
  private long max;

  /**
   * @param nanos how long a call took; less than 0 counts as 0
   */
  void add(long nanos) {
    long value = Math.max(0, nanos);
    counts[index(value)]++;
    count++;
    max = Math.max(max, value);
  }

  /** Adds all that another one has. */
  void add(Latencies other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    count += other.count;
    max = Math.max(max, other.max);
  }

  long count() {
    return count;
  }

  /** The longest, nanoseconds; 0 if there is none. */
  long max() {
    return max;
  }

  /**
   * What this part of the calls did not exceed, nanoseconds, at most 1/128 too much; 0 if there are
   * no calls.
   *
   * @param part more than 0, at most 1, such as 0.99
   */
  long quantile(double part) {
    long rank = Math.max(1, (long) Math.ceil(part * count));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Math.min(max, largest(i));
      }
    }
    return 0;
  }

  /** Small values have classes of their own; above, each doubling has as many classes. */
  private static int index(long value) {
    int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(value) - PRECISION_BITS - 1);
    return (shift << PRECISION_BITS) + (int) (value >> shift);
  }

  private static long largest(int index) {
    if (index < 2 * PER_OCTAVE) {
      return index;
    }
    int shift = (index >> PRECISION_BITS) - 1;
    long first = (long) ((index & (PER_OCTAVE - 1)) + PER_OCTAVE) << shift;
    return first + (1L << shift) - 1;
  }
}
