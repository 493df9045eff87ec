package com.limiquantix.agent.security.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rates, by a clock that only the test moves. */
final class TokenBucketTest {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final TokenBucket bucket = new TokenBucket(MINUTE);
  private long now = Long.MAX_VALUE - MINUTE;

  private boolean taken(int tokens) {
    if (bucket.waitNanos(tokens, now) > 0) {
      return false;
    }
    bucket.take(tokens, now);
    return true;
  }

  private int takenAtOnce(int tokens) {
    int count = 0;
    while (count <= tokens && taken(tokens)) {
      count++;
    }
    return count;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 60, 100_000})
  void givenAFullBucket_whenAllIsTaken_thenOneMoreHasToWaitForExactlyOneShare(int tokens) {
    assertThat(takenAtOnce(tokens)).isEqualTo(tokens);
    long wait = bucket.waitNanos(tokens, now);
    assertThat(wait).isBetween(MINUTE / tokens - tokens, MINUTE / tokens);

    now += wait - 1;
    assertThat(bucket.waitNanos(tokens, now)).isEqualTo(1);
    now++;
    assertThat(takenAtOnce(tokens)).isEqualTo(1);
  }

  @Test
  void givenAnEmptyBucket_whenAPeriodPasses_thenItIsFullAndNeverMore() {
    assertThat(takenAtOnce(10)).isEqualTo(10);
    now += 100 * MINUTE;
    assertThat(takenAtOnce(10)).isEqualTo(10);
  }

  @Test
  void givenNoLimit_thenNothingIsCounted() {
    for (int i = 0; i < 1000; i++) {
      assertThat(taken(0)).isTrue();
    }
    assertThat(takenAtOnce(3)).isEqualTo(3);
  }

  @Test
  void givenALowRateThatWasUsedUp_whenItIsRaised_thenNobodyWaitsLongerThanThePeriod() {
    assertThat(takenAtOnce(1)).isEqualTo(1);
    assertThat(bucket.waitNanos(60, now)).isEqualTo(MINUTE / 60);
    assertThat(bucket.waitNanos(1, now)).isEqualTo(MINUTE);
  }
}
