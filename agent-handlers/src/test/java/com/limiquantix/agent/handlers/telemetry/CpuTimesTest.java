package com.limiquantix.agent.handlers.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CpuTimesTest {
  @ParameterizedTest
  @CsvSource({
    "100, 100, 125, 175, 25",
    "100, 100, 100, 200, 0",
    "100, 100, 200, 100, 100",
    "100, 100, 100, 100, 0",
    "100, 100, 90, 110, 0",
    "100, 100, 110, 90, 100",
    "100, 100, 0, 0, 0",
    "0, 0, 9223372036854775807, 9223372036854775807, 50"
  })
  void givenTwoReadings_thenTheShareIsThatOfTheTimeBetweenAndNeverOutOfRange(
      long busy, long idle, long laterBusy, long laterIdle, double percent) {
    assertThat(new CpuTimes(laterBusy, laterIdle).busyPercentSince(new CpuTimes(busy, idle)))
        .isEqualTo(percent);
  }
}
