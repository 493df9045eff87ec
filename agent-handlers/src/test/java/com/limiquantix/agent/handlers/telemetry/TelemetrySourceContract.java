package com.limiquantix.agent.handlers.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What a report of any system holds. */
public abstract class TelemetrySourceContract {
  /** A source of the system that the test runs on. */
  protected abstract TelemetrySource open() throws IOException;

  @Test
  void givenThisSystem_thenTheFiguresOfAReportFitTogether() throws IOException {
    TelemetryReport report = sample();

    assertThat(report.getCpuUsagePercent()).isZero();
    assertThat(report.getMemoryTotalBytes()).isGreaterThan(1 << 20);
    assertThat(report.getMemoryAvailableBytes()).isBetween(1L, report.getMemoryTotalBytes());
    assertThat(report.getMemoryUsedBytes())
        .isEqualTo(report.getMemoryTotalBytes() - report.getMemoryAvailableBytes());
    assertThat(report.getSwapUsedBytes()).isBetween(0L, report.getSwapTotalBytes());
    assertThat(report.getLoadAvg1()).isNotNegative().isFinite();
    assertThat(report.getLoadAvg5()).isNotNegative().isFinite();
    assertThat(report.getLoadAvg15()).isNotNegative().isFinite();
    assertThat(report.getProcessCount()).isPositive();
    assertThat(report.getUptimeSeconds()).isPositive();
    assertThat(report.getHostname()).isNotBlank();
  }

  @Test
  void givenThisSystem_thenEveryDiskAppearsOnceAndFitsTogether() throws IOException {
    TelemetryReport report = sample();

    assertThat(report.getDisksList()).extracting(DiskUsage::getMountPoint).doesNotHaveDuplicates();
    for (DiskUsage disk : report.getDisksList()) {
      assertThat(disk.getMountPoint()).isNotEmpty();
      assertThat(disk.getFilesystem()).isNotEmpty();
      assertThat(disk.getTotalBytes()).isPositive();
      assertThat(disk.getUsedBytes()).isBetween(0L, disk.getTotalBytes());
      assertThat(disk.getAvailableBytes())
          .isBetween(0L, disk.getTotalBytes() - disk.getUsedBytes());
      assertThat(disk.getUsagePercent()).isBetween(0.0, 100.0);
    }
  }

  @Test
  void givenThisSystem_thenEveryInterfaceAppearsOnceAndLoopbackNever() throws IOException {
    TelemetryReport report = sample();

    assertThat(report.getInterfacesList())
        .extracting(InterfaceInfo::getName)
        .doesNotHaveDuplicates();
    for (InterfaceInfo one : report.getInterfacesList()) {
      assertThat(one.getName()).isNotEmpty();
      assertThat(one.getMacAddress()).matches("|[0-9a-f]{2}(:[0-9a-f]{2}){5}");
      assertThat(one.getIpv4AddressesList())
          .doesNotContain("127.0.0.1")
          .allMatch(address -> address.matches("[0-9]+(\\.[0-9]+){3}"));
      assertThat(one.getIpv6AddressesList())
          .doesNotContain("::1")
          .allMatch(address -> address.matches("[0-9a-f:.]+"));
    }
  }

  @Test
  void givenTwoReadings_thenTheTimesOfTheProcessorsGrow() throws IOException {
    try (TelemetrySource source = open()) {
      CpuTimes first = source.sample(TelemetryReport.newBuilder());
      CpuTimes second = source.sample(TelemetryReport.newBuilder());

      assertThat(first.busy()).isPositive();
      assertThat(second.busy()).isGreaterThanOrEqualTo(first.busy());
      assertThat(second.busyPercentSince(first)).isBetween(0.0, 100.0);
    }
  }

  private TelemetryReport sample() throws IOException {
    try (TelemetrySource source = open()) {
      TelemetryReport.Builder report = TelemetryReport.newBuilder();
      source.sample(report);
      return report.build();
    }
  }
}
