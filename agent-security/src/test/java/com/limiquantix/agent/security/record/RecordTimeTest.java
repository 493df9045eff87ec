package com.limiquantix.agent.security.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Times as records show them. */
final class RecordTimeTest {

  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z, 1970-01-01T00:00:00.000Z",
    "2026-03-01T12:00:00.001999999Z, 2026-03-01T12:00:00.001Z",
    "2024-02-29T23:59:59.999Z, 2024-02-29T23:59:59.999Z",
    "9999-12-31T23:59:59.999999999Z, 9999-12-31T23:59:59.999Z",
    "+10000-01-01T00:00:00Z, +10000-01-01T00:00:00.000Z",
    "1969-12-31T23:59:59.5Z, 1969-12-31T23:59:59.500Z"
  })
  void givenATime_thenItHasThreeDigitsOfASecond(Instant time, String text) {
    assertThat(RecordTime.format(time)).isEqualTo(text);
  }
}
