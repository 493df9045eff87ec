package com.limiquantix.agent.security.record;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/** Time as records show it: ISO 8601, always UTC, always three digits of a second. Thread-safe. */
public final class RecordTime {
  private static final DateTimeFormatter FORMAT =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  /** Years of four digits: 1970 to 9999. */
  private static final long FIRST_SECOND = 0;

  private static final long LAST_SECOND = 253_402_300_799L;
  private static final int NANOS_PER_MILLI = 1_000_000;

  private RecordTime() {}

  /** Such as {@code 2026-03-01T12:00:00.000Z}. */
  public static String format(Instant time) {
    StringBuilder out = new StringBuilder(24);
    append(out, time);
    return out.toString();
  }

  /** Appends what {@link #format} returns; by hand, since it is on the path of every call. */
  public static void append(StringBuilder out, Instant time) {
    long seconds = time.getEpochSecond();
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
      FORMAT.formatTo(time, out);
      return;
    }
    LocalDateTime utc = LocalDateTime.ofEpochSecond(seconds, time.getNano(), ZoneOffset.UTC);
    digits(out, utc.getYear(), 1000);
    digits(out.append('-'), utc.getMonthValue(), 10);
    digits(out.append('-'), utc.getDayOfMonth(), 10);
    digits(out.append('T'), utc.getHour(), 10);
    digits(out.append(':'), utc.getMinute(), 10);
    digits(out.append(':'), utc.getSecond(), 10);
    digits(out.append('.'), utc.getNano() / NANOS_PER_MILLI, 100);
    out.append('Z');
  }

  /**
   * Appends a number with leading zeros.
   *
   * @param unit of its first digit
   */
  private static void digits(StringBuilder out, int number, int unit) {
    for (int left = unit; left > 0; left /= 10) {
      out.append((char) ('0' + number / left % 10));
    }
  }
}
