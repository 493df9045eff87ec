package com.limiquantix.agent.handlers.telemetry;

import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A guest whose process count tells how often it was read; a quarter of its time is busy. */
public final class CountingSource implements TelemetrySource {
  private int readings;
  private int closings;
  private @Nullable Exception fault;

  @Override
  public synchronized CpuTimes sample(TelemetryReport.Builder report) throws IOException {
    readings++;
    if (fault instanceof IOException io) {
      throw io;
    }
    if (fault instanceof RuntimeException bug) {
      throw bug;
    }
    report.setProcessCount(readings);
    return new CpuTimes(readings * 25L, readings * 75L);
  }

  public synchronized int readings() {
    return readings;
  }

  public synchronized int closings() {
    return closings;
  }

  /** What readings fail with from now on; null: nothing. */
  public synchronized void failWith(@Nullable Exception cause) {
    fault = cause;
  }

  @Override
  public synchronized void close() {
    closings++;
  }
}
