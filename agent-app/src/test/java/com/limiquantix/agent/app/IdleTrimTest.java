package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.Timers;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** When memory is given back. */
class IdleTrimTest {
  /** Time that stands still until it is moved. */
  private static final class Clockwork implements Timers {
    private record Due(long at, Runnable task) {}

    private final ArrayDeque<Due> tasks = new ArrayDeque<>();
    private long now;

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
      tasks.add(new Due(now + delayNanos, task));
      return () -> {};
    }

    void advance(long nanos) {
      now += nanos;
      for (int i = tasks.size(); i > 0; i--) {
        Due due = tasks.remove();
        if (due.at <= now) {
          due.task.run();
        } else {
          tasks.add(due);
        }
      }
    }
  }

  private final Clockwork time = new Clockwork();
  private final AtomicInteger trims = new AtomicInteger();
  private final IdleTrim trim = new IdleTrim(time, Runnable::run, trims::incrementAndGet);

  @Test
  void givenNoWork_thenNothingIsEverScheduled() {
    assertThat(time.tasks).isEmpty();
  }

  @Test
  void givenWork_whenQuietForLongEnough_thenMemoryIsTrimmedOnce() {
    trim.worked();
    time.advance(IdleTrim.QUIET_NANOS - 1);
    assertThat(trims).hasValue(0);

    time.advance(1);

    assertThat(trims).hasValue(1);
    time.advance(10 * IdleTrim.QUIET_NANOS);
    assertThat(trims).hasValue(1);
    assertThat(time.tasks).isEmpty();
  }

  @Test
  void givenWorkThatGoesOn_thenItIsNotInterrupted() {
    for (int i = 0; i < 100; i++) {
      trim.worked();
      time.advance(IdleTrim.QUIET_NANOS / 2);
      assertThat(time.tasks).hasSize(1);
    }
    assertThat(trims).hasValue(0);

    time.advance(IdleTrim.QUIET_NANOS);

    assertThat(trims).hasValue(1);
  }

  @Test
  void givenWorkAfterATrim_thenItIsTrimmedAgain() {
    trim.worked();
    time.advance(IdleTrim.QUIET_NANOS);
    trim.worked();
    time.advance(IdleTrim.QUIET_NANOS);

    assertThat(trims).hasValue(2);
  }
}
