package com.limiquantix.agent.app.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Shows nanoseconds as milliseconds with three decimals. */
final class Millis {
  private Millis() {}

  static BigDecimal of(long nanos) {
    return BigDecimal.valueOf(nanos, 6).setScale(3, RoundingMode.HALF_UP);
  }
}
