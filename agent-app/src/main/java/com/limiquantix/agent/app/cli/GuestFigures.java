package com.limiquantix.agent.app.cli;

import com.google.protobuf.Timestamp;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.Optional;

/**
 * Numbers and times of a guest as text. A guest may send what makes no sense; that shows as "?".
 */
final class GuestFigures {
  private static final String SENSELESS = "?";
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final int UNIT_BITS = 10;

  private static final DateTimeFormatter MILLISECONDS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private GuestFigures() {}

  /** With that many decimals. */
  static String rounded(double value, int decimals) {
    return Double.isFinite(value)
        ? BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_UP).toPlainString()
        : SENSELESS;
  }

  /**
   * A number of bytes with one decimal, such as {@code 1.5 GiB}.
   *
   * @param unsigned as protobuf's uint64 arrives in a {@code long}
   */
  static String bytes(long unsigned) {
    int unit = 0;
    while (unit + 1 < UNITS.length && unsigned >>> (UNIT_BITS * (unit + 1)) != 0) {
      unit++;
    }
    if (unit == 0) {
      return unsigned + " B";
    }
    BigDecimal bytes = new BigDecimal(new BigInteger(Long.toUnsignedString(unsigned)));
    return bytes.divide(BigDecimal.valueOf(1L << (UNIT_BITS * unit)), 1, RoundingMode.HALF_UP)
        + " "
        + UNITS[unit];
  }

  /** ISO 8601 in UTC, all digits; empty if there is no such time. */
  static Optional<String> time(Timestamp timestamp) {
    return instant(timestamp).map(Instant::toString);
  }

  /** ISO 8601 in UTC with milliseconds, for people. */
  static String readableTime(Timestamp timestamp) {
    return instant(timestamp).map(MILLISECONDS::format).orElse(SENSELESS);
  }

  private static Optional<Instant> instant(Timestamp timestamp) {
    try {
      return Optional.of(Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos()));
    } catch (DateTimeException | ArithmeticException e) {
      return Optional.empty();
    }
  }
}
