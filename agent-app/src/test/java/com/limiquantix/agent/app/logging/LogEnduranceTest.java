package com.limiquantix.agent.app.logging;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A log outlives any number of full disks, and nothing grows. */
@Tag("slow")
final class LogEnduranceTest {
  private static final Logger LOG = LoggerFactory.getLogger("com.example.Some");
  private static final int DISKS = 100;
  private static final int WARM_UP = 10;

  /** More than the queue holds. */
  private static final int RECORDS = 4_000;

  @Test
  void givenAHundredFullDisksUnderTheLog_thenItGoesOnAfterEachAndNothingGrows(
      @TempDir Path directory) throws Exception {
    try (Mounted disk = Mounted.tmpfs(directory.resolve("disk"), "1m")) {
      Path file = disk.resolve("agent.log");
      AgentConfig config =
          AgentConfig.defaults().toBuilder()
              .logFile(file.toString())
              .logMaxSizeBytes(65_536)
              .logMaxFiles(2)
              .build();
      try (AgentLogging logging =
          AgentLogging.install(
              config,
              FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE),
              Duration.ofMillis(10))) {
        long heap = 0;
        long threads = 0;
        int descriptors = 0;
        for (int round = 0; round < DISKS; round++) {
          if (round == WARM_UP) {
            heap = heap();
            threads = threads();
            descriptors = descriptors();
          }
          fillUnderTheLog(disk, file, round, logging);
        }
        assertThat(threads()).isEqualTo(threads).isEqualTo(1);
        assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
        assertThat(heap() - heap).isLessThan(512 * 1024);
      }
    }
  }

  private static void fillUnderTheLog(Mounted disk, Path file, int round, AgentLogging logging)
      throws Exception {
    long before = logging.lostRecords();
    disk.fill();
    for (int i = 0; i < RECORDS; i++) {
      LOG.info("round {} record {} {}", round, i, "x".repeat(100));
    }
    disk.free();
    List<String> lines = LogFile.awaitLine(file, " records were lost since");
    long lost = logging.lostRecords() - before;
    assertThat(lost).isPositive();
    assertThat(lines.get(lines.size() - 1)).contains("\"" + lost + " records were lost");
    LOG.info("round {} is over", round);
    LogFile.awaitLine(file, "round " + round + " is over");
    Files.delete(file);
  }

  /** Of the log; others come and go with the waiting of this test. */
  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("agent-log"))
        .count();
  }

  private static int descriptors() {
    return Objects.requireNonNull(Path.of("/proc/self/fd").toFile().list()).length;
  }

  private static long heap() {
    // What the last collection has left; more than one because of references that are cleared late.
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
