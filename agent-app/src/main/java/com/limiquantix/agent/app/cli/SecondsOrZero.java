package com.limiquantix.agent.app.cli;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;

/** Reads what {@link Seconds} reads, and {@code 0}. */
final class SecondsOrZero implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String value) {
    return value.equals("0") ? Duration.ZERO : new Seconds().convert(value);
  }
}
