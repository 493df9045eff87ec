package com.limiquantix.agent.app.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.handlers.health.HealthHandler;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What counts as a fault of the threads. */
@Timeout(30)
final class ChecksTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static Map<String, String> look(HealthCheck check, long now, long since) {
    Problems problems = new Problems();
    check.look(now, since, problems);
    return problems.take();
  }

  @Test
  void givenALoopThatAnswersLate_thenItIsAFaultUntilItHasAnswered() {
    ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    LinkCheck check = new LinkCheck(tasks::add);
    assertThat(look(check, 0, 0)).isEmpty();
    assertThat(look(check, 5 * SECOND, 0)).isEmpty();
    assertThat(look(check, 6 * SECOND, 0)).containsOnlyKeys(HealthHandler.AGENT);
    assertThat(look(check, 7 * SECOND, 6 * SECOND)).isEmpty();
    assertThat(tasks).hasSize(1);

    tasks.remove().run();

    assertThat(look(check, 36 * SECOND, 0)).isEmpty();
    assertThat(tasks).hasSize(1);
  }

  @Test
  void givenALoopThatHasEnded_thenItIsAFault() {
    LinkCheck check =
        new LinkCheck(
            task -> {
              throw new RejectedExecutionException("closed");
            });

    assertThat(look(check, 0, 0))
        .containsEntry(HealthHandler.AGENT, "the thread that reads and writes links has ended");
  }

  @Test
  void givenAllWorkersBusy_thenItIsAFaultOnlyWhenCallsWaitAndNoneComesOn() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    try {
      WorkerCheck check = new WorkerCheck(workers);
      workers.execute(() -> await(end));
      assertThat(look(check, 0, 0)).isEmpty();
      assertThat(look(check, 3600 * SECOND, 0)).isEmpty();

      workers.execute(() -> {});
      assertThat(look(check, 3601 * SECOND, 0)).isEmpty();
      assertThat(look(check, 3630 * SECOND, 0)).isEmpty();
      assertThat(look(check, 3631 * SECOND, 3630 * SECOND)).isEmpty();
      assertThat(look(check, 3631 * SECOND, 0)).containsOnlyKeys(HealthHandler.AGENT);

      end.countDown();
      workers.shutdown();
      assertThat(workers.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      assertThat(look(check, 3700 * SECOND, 0)).isEmpty();
    } finally {
      end.countDown();
      workers.shutdownNow();
    }
  }

  @Test
  void givenNothingIsWrong_thenLookingLeavesNoGarbage() {
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    HealthCheck[] checks = {
      new HandlerWatch(() -> 0), new WorkerCheck(workers), new LinkCheck(Runnable::run)
    };
    Problems problems = new Problems();
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int rounds = 10_000;
    lookOften(checks, problems, rounds);

    long before = thread.getCurrentThreadAllocatedBytes();
    lookOften(checks, problems, rounds);

    assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(rounds);
    workers.shutdownNow();
  }

  private static void lookOften(HealthCheck[] checks, Problems problems, int rounds) {
    for (int i = 0; i < rounds; i++) {
      for (HealthCheck check : checks) {
        check.look(i, 0, problems);
      }
      if (!problems.take().isEmpty()) {
        throw new AssertionError("a problem where there is none");
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
