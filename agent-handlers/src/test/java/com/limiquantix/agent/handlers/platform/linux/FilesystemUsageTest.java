package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.handlers.internal.jna.StatVfs.Blocks;
import org.junit.jupiter.api.Test;

final class FilesystemUsageTest {
  @Test
  void givenAReserve_thenItIsNeitherUsedNorAvailable() {
    FilesystemUsage usage = FilesystemUsage.of(new Blocks(4096, 1000, 400, 350));

    assertThat(usage).isEqualTo(new FilesystemUsage(1000 * 4096, 600 * 4096, 350 * 4096));
    assertThat(usage.usedPercent()).isEqualTo(100.0 * 600 / 950);
  }

  @Test
  void givenNothingInUse_thenThePercentageIsZero() {
    assertThat(FilesystemUsage.of(new Blocks(4096, 0, 0, 0)).usedPercent()).isZero();
    assertThat(FilesystemUsage.of(new Blocks(4096, 10, 10, 10)).usedPercent()).isZero();
  }

  @Test
  void givenSizesBeyondALong_thenTheyCountAsTheLargest() {
    assertThat(FilesystemUsage.of(new Blocks(4096, -1, -1, -1)))
        .isEqualTo(new FilesystemUsage(Long.MAX_VALUE, 0, Long.MAX_VALUE));
    assertThat(FilesystemUsage.of(new Blocks(1L << 20, 1L << 50, 0, 0)).usedPercent())
        .isEqualTo(100);
  }

  @Test
  void givenLessThanNothingAvailable_thenItIsZero() {
    assertThat(FilesystemUsage.of(new Blocks(512, 1000, 20, -30)))
        .isEqualTo(new FilesystemUsage(1000 * 512, 980 * 512, 0));
  }

  @Test
  void givenMoreFreeThanThereIs_thenNothingIsUsed() {
    assertThat(FilesystemUsage.of(new Blocks(512, 10, 20, 30)))
        .isEqualTo(new FilesystemUsage(5120, 0, 5120));
  }
}
