package com.limiquantix.agent.app.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.transport.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When the agent looks at itself and what is a change, with time that the test moves. */
final class SelfCheckTest {
  private static final int INTERVAL = 30;

  /** Time that stands still, and runs what is due when it is told to. */
  private static final class Time implements Timers {
    private record Due(long at, Runnable task) {}

    private final PriorityQueue<Due> pending =
        new PriorityQueue<>((one, other) -> Long.compare(one.at, other.at));
    private long now = 1_000_000;

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
      Due due = new Due(now + delayNanos, task);
      pending.add(due);
      return () -> pending.remove(due);
    }

    void pass(long seconds) {
      long until = now + TimeUnit.SECONDS.toNanos(seconds);
      for (Due due = pending.peek(); due != null && due.at <= until; due = pending.peek()) {
        now = Math.max(now, due.at);
        pending.remove();
        due.task.run();
      }
      now = until;
    }

    /** Nothing gets to run meanwhile. */
    void stopFor(long seconds) {
      now += TimeUnit.SECONDS.toNanos(seconds);
    }
  }

  private final Time time = new Time();
  private final List<String> heard = new ArrayList<>();
  private final List<Long> sinces = new ArrayList<>();
  private AgentConfig.Health settings = new AgentConfig.Health(true, INTERVAL, 60);
  private String wrong = "";
  private final SelfCheck check =
      new SelfCheck(
          time,
          () -> settings,
          List.of(
              (now, since, problems) -> {
                sinces.add(since);
                if (!wrong.isEmpty()) {
                  problems.add("x.Files", wrong);
                }
              }),
          new SelfCheck.Listener() {
            @Override
            public void onChange(Map<String, String> problems) {
              heard.add(problems.toString());
            }

            @Override
            public void onUnwatched() {
              heard.add("unwatched");
            }
          });

  @Test
  void givenAProblem_thenItsBeginAndItsEndAreToldOnceEach() {
    check.settingsChanged();
    time.pass(10 * INTERVAL);
    assertThat(heard).isEmpty();

    wrong = "stuck";
    time.pass(10 * INTERVAL);
    assertThat(heard).containsExactly("{x.Files=stuck}");
    wrong = "";
    time.pass(10 * INTERVAL);

    assertThat(heard).containsExactly("{x.Files=stuck}", "{}");
    assertThat(sinces).hasSize(30);
  }

  @Test
  void givenAVmThatWasStopped_thenNothingIsJudgedBeforeItsTimeHasPassedAnew() {
    check.settingsChanged();
    time.pass(INTERVAL);
    wrong = "silent";
    time.stopFor(3600);
    time.pass(0);
    assertThat(heard).isEmpty();

    time.pass(INTERVAL);

    assertThat(heard).containsExactly("{x.Files=silent}");
    assertThat(sinces.get(1)).isEqualTo(time.nanoTime() - TimeUnit.SECONDS.toNanos(INTERVAL));
  }

  @Test
  void givenTimersThatAreLateAgainAndAgain_thenThatIsAProblemUntilTheyAreNot() {
    check.settingsChanged();
    for (int i = 0; i < 3; i++) {
      time.stopFor(INTERVAL + 6);
      time.pass(0);
    }
    assertThat(heard).hasSize(1);
    assertThat(heard.get(0)).contains("timers are late again and again");

    time.pass(INTERVAL);

    assertThat(heard).hasSize(2).endsWith("{}");
  }

  @Test
  void givenAThreadForTimeThatStandsStill_thenWhoAsksIsToldSo() {
    check.settingsChanged();
    time.pass(INTERVAL);
    assertThat(check.standstill()).isEmpty();

    time.stopFor(INTERVAL + 10);
    assertThat(check.standstill()).isEmpty();
    time.stopFor(1);
    assertThat(check.standstill()).isPresent();
    time.pass(0);

    assertThat(check.standstill()).isEmpty();
  }

  @Test
  void givenOtherSettings_thenTheyHoldAtOnce() {
    check.settingsChanged();
    settings = new AgentConfig.Health(true, 1, 60);
    check.settingsChanged();
    time.pass(5);
    assertThat(sinces).hasSize(5);
    wrong = "stuck";
    time.pass(1);

    settings = new AgentConfig.Health(false, 1, 60);
    check.settingsChanged();
    time.pass(3600);
    assertThat(heard).containsExactly("{x.Files=stuck}", "unwatched");
    assertThat(time.pending).isEmpty();
    assertThat(check.standstill()).isEmpty();
    settings = new AgentConfig.Health(true, 1, 60);
    check.settingsChanged();
    time.pass(1);

    assertThat(heard).containsExactly("{x.Files=stuck}", "unwatched", "{x.Files=stuck}");
  }

  @Test
  void whenClosed_thenNothingIsScheduledAnyMore() {
    check.settingsChanged();
    time.pass(INTERVAL);
    check.close();
    time.pass(INTERVAL);

    assertThat(time.pending).isEmpty();
    assertThat(sinces).hasSize(1);
  }
}
