package com.limiquantix.agent.app.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Shows nanoseconds as microseconds with one decimal. */
final class Micros {
  private Micros() {}

  static BigDecimal of(long nanos) {
    return BigDecimal.valueOf(nanos, 3).setScale(1, RoundingMode.HALF_UP);
  }
}
