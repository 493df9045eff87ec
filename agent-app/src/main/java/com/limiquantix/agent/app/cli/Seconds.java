package com.limiquantix.agent.app.cli;

import java.math.BigDecimal;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a duration given in seconds, such as {@code 5} or {@code 0.2}; 0.01 to 86400. */
final class Seconds implements ITypeConverter<Duration> {
  private static final BigDecimal MIN = new BigDecimal("0.01");
  private static final BigDecimal MAX = new BigDecimal(86_400);

  @Override
  public Duration convert(String value) {
    BigDecimal seconds = value.length() > 20 ? MAX.add(MIN) : parse(value);
    if (seconds.compareTo(MIN) < 0 || seconds.compareTo(MAX) > 0) {
      throw refusal(value);
    }
    return Duration.ofNanos(seconds.movePointRight(9).longValue());
  }

  private static BigDecimal parse(String value) {
    try {
      return new BigDecimal(value);
    } catch (NumberFormatException e) {
      throw refusal(value);
    }
  }

  private static TypeConversionException refusal(String value) {
    return new TypeConversionException(
        "'" + value + "' is not a number of seconds from " + MIN + " to " + MAX);
  }
}
