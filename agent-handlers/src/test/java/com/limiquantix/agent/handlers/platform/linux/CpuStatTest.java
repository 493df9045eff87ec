package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.handlers.telemetry.CpuTimes;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CpuStatTest {
  @Test
  void givenUbuntu2204_thenAllButIdleAndWaitIsBusyAndGuestsAreNotCountedTwice() throws IOException {
    assertThat(CpuStat.parse(Samples.scanner("ubuntu2204", "stat")))
        .isEqualTo(new CpuTimes(117302 + 2411 + 48235 + 3127 + 9042, 9811734 + 14823));
  }

  @Test
  void givenRhel6_thenItsFewerColumnsAreRead() throws IOException {
    assertThat(CpuStat.parse(Samples.scanner("rhel6", "stat")))
        .isEqualTo(new CpuTimes(10132153 + 290696 + 3084719 + 25195, 46828483 + 16683));
  }

  @Test
  void givenFourColumnsAlone_thenTheyDo() throws IOException {
    assertThat(CpuStat.parse(Samples.text("cpu  1 2 3 4\ncpu0 1 2 3 4\n")))
        .isEqualTo(new CpuTimes(6, 4));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "cpu0 1 2 3 4\n", "cpu  1 2 3\n", "cpu  1 2 3 x\n", "cpu  -1 2 3 4\n"})
  void givenNoLineOfAllProcessors_thenThatIsAFailure(String text) {
    assertThatThrownBy(() -> CpuStat.parse(Samples.text(text)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("text lacks");
  }
}
