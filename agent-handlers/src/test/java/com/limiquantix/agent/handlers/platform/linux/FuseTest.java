package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.limiquantix.agent.handlers.internal.jna.FuseMount;
import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real filesystem that stops answering; needs root and /dev/fuse. */
final class FuseTest {
  @Test
  void givenAFilesystemThatFallsSilent_thenItIsLeftOutWithOneThreadUntilItAnswers(
      @TempDir Path mountPoint) throws Exception {
    Optional<FuseMount> mounted = FuseMount.at(mountPoint);
    assumeTrue(mounted.isPresent(), "this process may not mount");
    try (FuseMount fuse = mounted.get();
        LinuxTelemetrySource source = LinuxTelemetrySource.open()) {
      assertThat(disk(source, mountPoint))
          .hasValue(
              DiskUsage.newBuilder()
                  .setMountPoint(mountPoint.toString())
                  .setFilesystem("fuse.test")
                  .setDevice("test")
                  .setTotalBytes(FuseMount.BLOCKS * FuseMount.BLOCK_BYTES)
                  .setUsedBytes(FuseMount.BLOCKS / 2 * FuseMount.BLOCK_BYTES)
                  .setAvailableBytes(FuseMount.BLOCKS / 2 * FuseMount.BLOCK_BYTES)
                  .setUsagePercent(50)
                  .build());

      fuse.fallSilent();
      assertThat(disk(source, mountPoint)).isEmpty();
      fuse.awaitHeld();
      long start = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        assertThat(disk(source, mountPoint)).isEmpty();
      }
      // Twenty times the patience would be ten seconds: only the first question was waited for.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
      assertThat(askingThreads()).isEqualTo(1);

      fuse.answer();
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (disk(source, mountPoint).isEmpty()) {
        assertThat(System.nanoTime()).isLessThan(end);
      }
    }
  }

  private static Optional<DiskUsage> disk(LinuxTelemetrySource source, Path mountPoint)
      throws IOException {
    TelemetryReport.Builder report = TelemetryReport.newBuilder();
    source.sample(report);
    assertThat(report.getMemoryTotalBytes()).isPositive();
    return report.getDisksList().stream()
        .filter(disk -> disk.getMountPoint().equals(mountPoint.toString()))
        .findFirst();
  }

  private static long askingThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("agent-statvfs"))
        .filter(thread -> thread.getState() == Thread.State.RUNNABLE)
        .count();
  }
}
