package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class MemInfoTest {
  private static final long KIB = 1024;

  @Test
  void givenUbuntu2204_thenTheKernelsEstimateIsTaken() throws IOException {
    assertThat(MemInfo.parse(Samples.scanner("ubuntu2204", "meminfo")))
        .isEqualTo(new MemInfo(4005188 * KIB, 2897340 * KIB, 2097148 * KIB, 2075124 * KIB));
  }

  @Test
  void givenDebian12WithoutSwap_thenSwapIsZero() throws IOException {
    MemInfo memory = MemInfo.parse(Samples.scanner("debian12", "meminfo"));

    assertThat(memory.total()).isEqualTo(24684096 * KIB);
    assertThat(memory.swapTotal()).isZero();
    assertThat(memory.swapFree()).isZero();
  }

  @Test
  void givenRhel6WithoutAnEstimate_thenItIsMadeOfWhatCanBeDropped() throws IOException {
    assertThat(MemInfo.parse(Samples.scanner("rhel6", "meminfo")).available())
        .isEqualTo((113044 + 166828 + 912900 + 180616 - 588) * KIB);
  }

  @Test
  void givenMoreAvailableThanThereIs_thenAllIsAvailable() throws IOException {
    MemInfo memory =
        MemInfo.parse(
            Samples.text(
                "MemTotal: 10 kB\nMemAvailable: 11 kB\nSwapTotal: 1 kB\nSwapFree: 2 kB\n"));

    assertThat(memory).isEqualTo(new MemInfo(10 * KIB, 10 * KIB, KIB, KIB));
  }

  @Test
  void givenMoreSharedThanCached_thenOnlyWhatIsFreeIsAvailable() throws IOException {
    assertThat(
            MemInfo.parse(
                    Samples.text("MemTotal: 9 kB\nMemFree: 2 kB\nCached: 1 kB\nShmem: 5 kB\n"))
                .available())
        .isEqualTo(2 * KIB);
  }

  @Test
  void givenNoTotal_thenThatIsAFailure() {
    assertThatThrownBy(() -> MemInfo.parse(Samples.text("MemFree: 2 kB\n")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("MemTotal");
  }
}
