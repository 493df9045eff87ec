package com.limiquantix.agent.handlers.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who is told when, with time that the test moves. */
final class TelemetryFeedTest {
  private final ManualScheduler time = new ManualScheduler();
  private final CountingSource source = new CountingSource();
  private final List<ErrorEvent> errors = new ArrayList<>();
  private final long start = time.nanoTime();
  private Duration usual = Duration.ofSeconds(5);
  private final TelemetryFeed feed = feed(time);

  private TelemetryFeed feed(Executor workers) {
    return new TelemetryFeed(source, time, workers, time::nanoTime, () -> usual, errors::add);
  }

  @Test
  void givenAListener_thenItIsToldAtOnceAndThenAtEveryInterval() {
    Listener listener = new Listener();
    feed.listen(listener::add);

    assertThat(listener.counts).containsExactly(1);
    time.pass(4999, TimeUnit.MILLISECONDS);
    assertThat(listener.counts).containsExactly(1);
    time.pass(1, TimeUnit.MILLISECONDS);
    assertThat(listener.counts).containsExactly(1, 2);
    time.pass(50, TimeUnit.SECONDS);
    assertThat(listener.counts).hasSize(12);
  }

  @Test
  void givenAListener_thenCpuUsageIsZeroInTheFirstReportAndThenThatOfItsOwnInterval() {
    Listener slow = new Listener();
    Listener quick = new Listener();
    feed.listen(slow::add, Duration.ofSeconds(10));
    feed.listen(quick::add, Duration.ofSeconds(1));

    time.pass(10, TimeUnit.SECONDS);

    assertThat(slow.usage).containsExactly(0.0, 25.0);
    assertThat(quick.usage.subList(0, 3)).containsExactly(0.0, 25.0, 25.0);
    assertThat(quick.usage).hasSize(11);
  }

  @Test
  void givenListenersWhoseTurnIsTheSame_thenOneReadingServesThemAll() {
    Listener first = new Listener();
    Listener second = new Listener();
    feed.listen(first::add);
    feed.listen(second::add, Duration.ofSeconds(5));
    int before = source.readings();

    time.pass(50, TimeUnit.SECONDS);

    assertThat(source.readings() - before).isEqualTo(10);
    assertThat(first.counts).hasSize(11);
    assertThat(second.counts).hasSize(11);
  }

  @Test
  void givenNobodyListens_thenNothingRuns() {
    assertThat(time.waiting()).isZero();
    Registration one = feed.listen(report -> {});
    Registration other = feed.listen(report -> {});
    assertThat(time.waiting()).isEqualTo(1);
    one.close();
    other.close();
    other.close();
    int before = source.readings();

    time.pass(1, TimeUnit.HOURS);

    assertThat(time.waiting()).isZero();
    assertThat(source.readings()).isEqualTo(before);
  }

  private boolean isSilentFor(int seconds) {
    return feed.isSilent(TimeUnit.SECONDS.toNanos(seconds), start);
  }

  @Test
  void givenNobodyListens_thenThereIsNoSilence() {
    time.pass(1, TimeUnit.HOURS);
    assertThat(isSilentFor(0)).isFalse();

    feed.listen(report -> {}).close();
    time.pass(1, TimeUnit.HOURS);

    assertThat(isSilentFor(0)).isFalse();
  }

  @Test
  void givenReadingsThatFail_thenItIsSilentFromTheLastReportOn() {
    feed.listen(report -> {});
    time.pass(5, TimeUnit.SECONDS);
    source.failWith(new IOException("no /proc"));

    time.pass(20, TimeUnit.SECONDS);

    assertThat(isSilentFor(20)).isFalse();
    assertThat(isSilentFor(19)).isTrue();
    assertThat(feed.isSilent(TimeUnit.SECONDS.toNanos(10), time.nanoTime())).isFalse();
  }

  @Test
  void givenAReadingThatDoesNotEnd_thenItIsSilent() {
    ArrayDeque<Runnable> neverRun = new ArrayDeque<>();
    TelemetryFeed stuck = feed(neverRun::add);
    stuck.listen(report -> {});

    time.pass(61, TimeUnit.SECONDS);

    assertThat(stuck.isSilent(TimeUnit.SECONDS.toNanos(60), start)).isTrue();
  }

  @Test
  void givenAListenerWithALongInterval_thenTwoOfItAreNoSilence() throws Exception {
    feed.listen(report -> {}, Duration.ofHours(1));
    time.pass(59, TimeUnit.MINUTES);
    assertThat(isSilentFor(60)).isFalse();

    source.failWith(new IOException("no /proc"));
    time.pass(61, TimeUnit.MINUTES);
    assertThat(isSilentFor(60)).isFalse();
    time.pass(1, TimeUnit.MINUTES);

    assertThat(isSilentFor(60)).isTrue();
  }

  @Test
  void givenAShorterUsualInterval_thenItCountsFromTheLastReport() {
    usual = Duration.ofHours(1);
    Listener listener = new Listener();
    Listener own = new Listener();
    feed.listen(listener::add);
    feed.listen(own::add, Duration.ofHours(1));
    time.pass(30, TimeUnit.MINUTES);

    usual = Duration.ofSeconds(5);
    feed.intervalChanged();
    time.pass(0, TimeUnit.SECONDS);
    assertThat(listener.counts).hasSize(2);
    time.pass(10, TimeUnit.SECONDS);

    assertThat(listener.counts).hasSize(4);
    assertThat(own.counts).hasSize(1);
  }

  @Test
  void givenALongerUsualInterval_thenItCountsFromTheNextReport() {
    Listener listener = new Listener();
    feed.listen(listener::add);
    time.pass(1, TimeUnit.SECONDS);

    usual = Duration.ofMinutes(1);
    feed.intervalChanged();
    time.pass(4, TimeUnit.SECONDS);
    assertThat(listener.counts).hasSize(2);
    time.pass(59, TimeUnit.SECONDS);
    assertThat(listener.counts).hasSize(2);
    time.pass(1, TimeUnit.SECONDS);
    assertThat(listener.counts).hasSize(3);
  }

  @Test
  void givenAWorkerThatIsLate_thenMissedTurnsAreNotMadeUpFor() {
    Deque<Runnable> work = new ArrayDeque<>();
    TelemetryFeed late = feed(work::add);
    Listener listener = new Listener();
    late.listen(listener::add);
    assertThat(listener.counts).isEmpty();

    time.pass(22, TimeUnit.SECONDS);
    assertThat(work).hasSize(1);
    work.remove().run();
    assertThat(listener.counts).hasSize(1);

    time.pass(5, TimeUnit.SECONDS);
    work.remove().run();
    assertThat(listener.counts).hasSize(2);
    assertThat(work).isEmpty();
  }

  @Test
  void givenReadingsThatFail_thenTheHostIsToldOnceAndTheyAreTriedAgain() {
    source.failWith(new IOException("/proc/stat lacks a number at byte 3"));
    Listener listener = new Listener();
    feed.listen(listener::add);
    time.pass(20, TimeUnit.SECONDS);

    assertThat(source.readings()).isEqualTo(5);
    assertThat(listener.counts).isEmpty();
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0).getCode()).isEqualTo("TELEMETRY_FAILED");
    assertThat(errors.get(0).getMessage()).contains("/proc/stat lacks a number at byte 3");

    source.failWith(null);
    time.pass(5, TimeUnit.SECONDS);
    assertThat(listener.usage).containsExactly(0.0);

    source.failWith(new IllegalStateException("a bug"));
    time.pass(10, TimeUnit.SECONDS);
    assertThat(errors).hasSize(2);
  }

  @Test
  void givenAnErrorOfTheMachine_whenAnotherTurnIsDueMeanwhile_thenTheNextTurnsComeAllTheSame() {
    Listener first = new Listener();
    Listener second = new Listener();
    boolean[] fails = {true};
    assertThatThrownBy(
            () ->
                feed.listen(
                    report -> {
                      if (fails[0]) {
                        fails[0] = false;
                        feed.listen(second::add);
                        throw new StackOverflowError("as deep as it gets");
                      }
                      first.add(report);
                    }))
        .isInstanceOf(StackOverflowError.class);

    time.pass(10, TimeUnit.SECONDS);

    assertThat(first.counts).hasSize(2);
    assertThat(second.counts).hasSize(2);
  }

  @Test
  void givenAListenerThatFails_thenTheOthersAreToldAllTheSame() {
    Listener listener = new Listener();
    feed.listen(
        report -> {
          throw new IllegalStateException("a bug");
        });
    feed.listen(listener::add);

    time.pass(10, TimeUnit.SECONDS);

    assertThat(listener.counts).hasSize(3);
  }

  @Test
  void givenWorkersThatRefuse_thenItIsTriedAgainAtTheNextTurn() {
    List<Runnable> accepted = new ArrayList<>();
    boolean[] refusing = {true};
    TelemetryFeed refused =
        feed(
            task -> {
              if (refusing[0]) {
                throw new RejectedExecutionException("full");
              }
              accepted.add(task);
            });
    Listener listener = new Listener();
    refused.listen(listener::add);
    time.pass(12, TimeUnit.SECONDS);
    assertThat(errors).hasSize(1);
    assertThat(accepted).isEmpty();

    refusing[0] = false;
    time.pass(3, TimeUnit.SECONDS);
    accepted.get(0).run();

    assertThat(listener.counts).hasSize(1);
  }

  @Test
  void whenClosed_thenNothingRunsAndTheSourceIsClosedOnce() {
    Listener listener = new Listener();
    feed.listen(listener::add);

    feed.close();
    feed.close();
    time.pass(1, TimeUnit.HOURS);

    assertThat(listener.counts).hasSize(1);
    assertThat(source.closings()).isEqualTo(1);
    feed.listen(listener::add);
    time.pass(1, TimeUnit.HOURS);
    assertThat(listener.counts).hasSize(1);
    assertThat(time.waiting()).isZero();
  }

  @Test
  void whenClosedWhileAReadingWaits_thenTheWorkerClosesTheSource() {
    Deque<Runnable> work = new ArrayDeque<>();
    TelemetryFeed late = feed(work::add);
    Listener listener = new Listener();
    late.listen(listener::add);

    late.close();
    assertThat(source.closings()).isZero();
    work.remove().run();

    assertThat(source.closings()).isEqualTo(1);
    assertThat(source.readings()).isZero();
    assertThat(listener.counts).isEmpty();
  }

  /** Remembers the reports. */
  private static final class Listener {
    final List<Integer> counts = new ArrayList<>();
    final List<Double> usage = new ArrayList<>();

    void add(TelemetryReport report) {
      counts.add(report.getProcessCount());
      usage.add(report.getCpuUsagePercent());
    }
  }
}
