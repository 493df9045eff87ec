package com.limiquantix.agent.handlers.telemetry;

import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;

/** Where telemetry comes from. One thread at a time may use it. */
public interface TelemetrySource extends AutoCloseable {
  /**
   * Reads how the guest is doing. May take milliseconds, and up to a second while a filesystem does
   * not answer for the first time; never waits longer.
   *
   * @param report gets all fields but {@code cpu_usage_percent}, which only two readings together
   *     tell
   * @return how the processors have spent their time so far
   * @throws IOException if the system does not tell what every report must hold; the message says
   *     what is missing. The report is of no use then; a later reading may succeed.
   */
  CpuTimes sample(TelemetryReport.Builder report) throws IOException;

  /** Releases what reading needs; nothing is read afterwards. */
  @Override
  void close();
}
