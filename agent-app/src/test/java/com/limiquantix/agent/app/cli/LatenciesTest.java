package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatenciesTest {
  private final Latencies latencies = new Latencies();

  @Test
  void givenNoCalls_thenAllIsZero() {
    assertThat(latencies.count()).isZero();
    assertThat(latencies.max()).isZero();
    assertThat(latencies.quantile(0.5)).isZero();
  }

  @Test
  void givenAThousandCalls_thenQuantilesAreThoseOfTheSortedList() {
    for (int i = 1000; i >= 1; i--) {
      latencies.add(i * 1000L);
    }
    assertThat(latencies.quantile(0.5)).isCloseTo(500_000, Percentage.withPercentage(0.8));
    assertThat(latencies.quantile(0.99)).isCloseTo(990_000, Percentage.withPercentage(0.8));
    assertThat(latencies.quantile(0.999)).isCloseTo(999_000, Percentage.withPercentage(0.8));
    assertThat(latencies.quantile(1)).isEqualTo(1_000_000).isEqualTo(latencies.max());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 127, 128, 255, 256, 257, 65_535, 1L << 40, Long.MAX_VALUE})
  void givenValuesOfAnySize_thenNoneIsMoreThanAPartIn128TooLarge(long nanos) {
    latencies.add(nanos);
    latencies.add(Long.MAX_VALUE);
    assertThat(latencies.quantile(0.5))
        .isGreaterThanOrEqualTo(nanos)
        .isCloseTo(nanos, within(nanos / 128));
  }

  @Test
  void givenAClockThatGoesBack_thenItCountsAsNoTime() {
    latencies.add(-5);
    assertThat(latencies.count()).isEqualTo(1);
    assertThat(latencies.max()).isZero();
  }

  @Test
  void givenTwo_whenAdded_thenTheyAreAsOne() {
    Latencies other = new Latencies();
    latencies.add(10);
    other.add(20);
    other.add(30);
    latencies.add(other);
    assertThat(latencies.count()).isEqualTo(3);
    assertThat(latencies.quantile(0.5)).isEqualTo(20);
    assertThat(latencies.max()).isEqualTo(30);
  }
}
