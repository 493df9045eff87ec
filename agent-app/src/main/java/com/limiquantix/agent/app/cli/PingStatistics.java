package com.limiquantix.agent.app.cli;

import java.math.BigDecimal;

/** Counts round trips, in the words of ping(8). One thread. */
final class PingStatistics {
  private long transmitted;
  private long received;
  private long min = Long.MAX_VALUE;
  private long max;
  private double sum;
  private double sumOfSquares;

  void sent() {
    transmitted++;
  }

  void answered(long nanos) {
    received++;
    min = Math.min(min, nanos);
    max = Math.max(max, nanos);
    sum += nanos;
    sumOfSquares += (double) nanos * nanos;
  }

  long transmitted() {
    return transmitted;
  }

  long received() {
    return received;
  }

  /** How many of a hundred were lost, rounded down, as ping(8) does. */
  long lossPercent() {
    return transmitted == 0 ? 0 : (transmitted - received) * 100 / transmitted;
  }

  BigDecimal minMillis() {
    return Millis.of(received == 0 ? 0 : min);
  }

  BigDecimal avgMillis() {
    return Millis.of(Math.round(mean()));
  }

  BigDecimal maxMillis() {
    return Millis.of(max);
  }

  /** The standard deviation, which ping(8) calls mdev. */
  BigDecimal mdevMillis() {
    double mean = mean();
    double variance = received == 0 ? 0 : sumOfSquares / received - mean * mean;
    return Millis.of(Math.round(Math.sqrt(Math.max(0, variance))));
  }

  private double mean() {
    return received == 0 ? 0 : sum / received;
  }
}
