package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(1));

  /** Answers the middle of the jitter. */
  private static final RandomGenerator MIDDLE =
      new Random(0) {
        private static final long serialVersionUID = 1L;

        @Override
        public double nextDouble() {
          return 0.5;
        }
      };

  @Test
  void givenFailuresInARow_thenPausesGrowUpToTheLongest() {
    assertThat(BACKOFF.delayNanos(0, MIDDLE)).isEqualTo(Duration.ofMillis(100).toNanos());
    assertThat(BACKOFF.delayNanos(1, MIDDLE)).isEqualTo(Duration.ofMillis(200).toNanos());
    assertThat(BACKOFF.delayNanos(3, MIDDLE)).isEqualTo(Duration.ofMillis(800).toNanos());
    assertThat(BACKOFF.delayNanos(4, MIDDLE)).isEqualTo(Duration.ofSeconds(1).toNanos());
    assertThat(BACKOFF.delayNanos(Integer.MAX_VALUE, MIDDLE))
        .isEqualTo(Duration.ofSeconds(1).toNanos());
  }

  @Test
  void givenManyChannels_thenTheirPausesDifferByUpToAFifth() {
    Random random = new Random(1);
    long smallest = Long.MAX_VALUE;
    long largest = 0;
    for (int i = 0; i < 1_000; i++) {
      long pause = BACKOFF.delayNanos(0, random);
      smallest = Math.min(smallest, pause);
      largest = Math.max(largest, pause);
    }
    assertThat(Duration.ofNanos(smallest)).isBetween(Duration.ofMillis(80), Duration.ofMillis(85));
    assertThat(Duration.ofNanos(largest)).isBetween(Duration.ofMillis(115), Duration.ofMillis(120));
  }

  @Test
  void givenPausesThatShrink_thenTheyAreRefused() {
    assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(2), 2, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(1), 0.5, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
