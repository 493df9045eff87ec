package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessCostTest {
  /** Of Linux 6.18, shortened. */
  private static final String SMAPS_ROLLUP =
      """
      55dfa3709000-7fff8049e000 ---p 00000000 00:00 0                          [rollup]
      Rss:               57544 kB
      Pss:               41217 kB
      Pss_Anon:          37401 kB
      Anonymous:         37408 kB
      AnonHugePages:         0 kB
      Swap:                  0 kB
      """;

  @Test
  void givenSmapsRollup_thenItsLinesAreFoundByTheirWholeName() throws IOException {
    assertThat(ProcessCost.kib(SMAPS_ROLLUP, "Rss:")).isEqualTo(57_544);
    assertThat(ProcessCost.kib(SMAPS_ROLLUP, "Anonymous:")).isEqualTo(37_408);
  }

  @Test
  void givenSmapsRollupOfAnotherShape_thenItIsRefused() {
    assertThatThrownBy(() -> ProcessCost.kib("Rss: many kB\n", "Rss:"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'many'");
    assertThatThrownBy(() -> ProcessCost.kib("", "Rss:"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no line Rss:");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenThisProcess_thenItHasMemoryThreadsAndFiles() throws IOException {
    ProcessCost cost = ProcessCost.read(Path.of("/proc/self"));
    assertThat(cost.anonymousKib()).isPositive().isLessThan(cost.residentKib());
    assertThat(cost.threads()).isGreaterThan(1);
    assertThat(cost.descriptors()).isGreaterThan(2);
  }
}
