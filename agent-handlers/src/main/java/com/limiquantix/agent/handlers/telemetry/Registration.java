package com.limiquantix.agent.handlers.telemetry;

import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One who listens to a {@link TelemetryFeed}, and when it is its turn. Closing it ends that; a call
 * that is under way may still be finished. The feed's lock guards the times.
 */
public final class Registration implements AutoCloseable {
  private final TelemetryFeed feed;
  private final Consumer<TelemetryReport> listener;
  private final @Nullable Duration interval;

  /** When its turn was last, and when it will be next. */
  private long turnNanos;

  private long dueNanos;

  /** When there was last a report for it; until the first one, when it began. */
  private long reportNanos;

  /** As of its last report. Workers alone use it, one after the other. */
  private @Nullable CpuTimes before;

  /**
   * @param interval null: the usual one, whatever that is at the time
   */
  Registration(
      TelemetryFeed feed, Consumer<TelemetryReport> listener, @Nullable Duration interval) {
    this.feed = feed;
    this.listener = listener;
    this.interval = interval;
  }

  /** Makes {@code now} the first turn. */
  void begin(long now) {
    turnNanos = now;
    dueNanos = now;
    reportNanos = now;
  }

  /** Nanoseconds until its turn; 0 or less: now. */
  long dueIn(long now) {
    return dueNanos - now;
  }

  /** Takes the turn that is due. Turns that were missed are not made up for. */
  void takeTurn(long now, Duration usual) {
    long nanos = (interval == null ? usual : interval).toNanos();
    turnNanos = dueNanos + nanos - now > 0 ? dueNanos : now;
    dueNanos = turnNanos + nanos;
  }

  /** Takes over a usual interval that is shorter than before. */
  void hasten(Duration usual) {
    long due = turnNanos + usual.toNanos();
    if (interval == null && due - dueNanos < 0) {
      dueNanos = due;
    }
  }

  /** There is a report for it. */
  void reported(long now) {
    reportNanos = now;
  }

  /** Nanoseconds without a report, of those since {@code since}. */
  long silentNanos(long now, long since) {
    return Math.min(now - reportNanos, now - since);
  }

  /** Two intervals of its own; 0 if it has the usual one. */
  long twoOwnIntervalsNanos() {
    return interval == null ? 0 : 2 * interval.toNanos();
  }

  /** Hands over a report, completed by the CPU usage since the one before. */
  void tell(TelemetryReport.Builder report, CpuTimes cpu) {
    report.setCpuUsagePercent(before == null ? 0 : cpu.busyPercentSince(before));
    before = cpu;
    listener.accept(report.build());
  }

  @Override
  public void close() {
    feed.remove(this);
  }
}
