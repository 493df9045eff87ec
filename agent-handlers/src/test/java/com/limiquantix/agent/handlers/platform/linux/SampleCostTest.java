package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.TelemetryReport;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a report of this system costs its thread. */
@Tag("slow")
final class SampleCostTest {
  private static final int WARM_UP = 3000;
  private static final int ROUNDS = 3000;

  /** A tenth of what is allowed to the whole idle agent, at one report in five seconds. */
  private static final long MOST_CPU_MICROS = 1000;

  private static final long MOST_BYTES = 16 * 1024;

  @Test
  void givenThisSystem_thenAReportTakesLittleTimeAndMakesLittleGarbage() throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    try (LinuxTelemetrySource source = LinuxTelemetrySource.open()) {
      sample(source, WARM_UP);
      long cpu = threads.getCurrentThreadCpuTime();
      long bytes = threads.getThreadAllocatedBytes(self);
      TelemetryReport last = sample(source, ROUNDS);
      long cpuMicros = (threads.getCurrentThreadCpuTime() - cpu) / 1000 / ROUNDS;
      long bytesEach = (threads.getThreadAllocatedBytes(self) - bytes) / ROUNDS;

      System.out.printf(
          Locale.ROOT,
          "a report of %d processes, %d disks, %d interfaces: %d µs CPU, %d bytes allocated, %d"
              + " bytes long%n",
          last.getProcessCount(),
          last.getDisksCount(),
          last.getInterfacesCount(),
          cpuMicros,
          bytesEach,
          last.getSerializedSize());
      assertThat(cpuMicros).isLessThan(MOST_CPU_MICROS);
      assertThat(bytesEach).isLessThan(MOST_BYTES);
    }
  }

  private static TelemetryReport sample(LinuxTelemetrySource source, int rounds)
      throws IOException {
    TelemetryReport last = TelemetryReport.getDefaultInstance();
    for (int i = 0; i < rounds; i++) {
      TelemetryReport.Builder report = TelemetryReport.newBuilder();
      source.sample(report);
      last = report.build();
    }
    return last;
  }
}
