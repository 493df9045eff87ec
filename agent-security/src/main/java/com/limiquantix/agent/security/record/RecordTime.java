package com.limiquantix.agent.security.record;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/** Time as records show it: ISO 8601, always UTC, always three digits of a second. Thread-safe. */
public final class RecordTime {
  private static final DateTimeFormatter FORMAT =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private RecordTime() {}

  /** Such as {@code 2026-03-01T12:00:00.000Z}. */
  public static String format(Instant time) {
    return FORMAT.format(time);
  }

  /** Appends what {@link #format} returns. */
  public static void append(StringBuilder out, Instant time) {
    FORMAT.formatTo(time, out);
  }
}
