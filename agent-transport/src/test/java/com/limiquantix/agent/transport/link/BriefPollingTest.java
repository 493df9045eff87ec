package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BriefPollingTest {
  private final BriefPolling polling = new BriefPolling();

  private void waited(int times, long nanos) {
    for (int i = 0; i < times; i++) {
      polling.waited(nanos);
    }
  }

  @Test
  void givenNothingIsKnownYet_thenItIsNotWorthwhile() {
    assertThat(polling.isWorthwhile()).isFalse();
  }

  @Test
  void givenARowOfShortWaits_thenItIsWorthwhile_andNotOneBefore() {
    waited(BriefPolling.SHORT_WAITS - 1, BriefPolling.WINDOW_NANOS);
    assertThat(polling.isWorthwhile()).isFalse();

    waited(1, BriefPolling.WINDOW_NANOS);
    assertThat(polling.isWorthwhile()).isTrue();
  }

  @Test
  void givenOneLongWait_thenItTakesAWholeRowAgain() {
    waited(1_000, 1_000);

    polling.waited(BriefPolling.WINDOW_NANOS + 1);
    waited(BriefPolling.SHORT_WAITS - 1, 1_000);
    assertThat(polling.isWorthwhile()).isFalse();

    waited(1, 1_000);
    assertThat(polling.isWorthwhile()).isTrue();
  }

  @Test
  void givenEventsEveryMillisecond_thenNothingIsEverPolled() {
    for (int i = 0; i < 1_000; i++) {
      polling.waited(1_000_000);
      assertThat(polling.isWorthwhile()).isFalse();
    }
  }
}
