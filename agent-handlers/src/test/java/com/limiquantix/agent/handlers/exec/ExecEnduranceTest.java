package com.limiquantix.agent.handlers.exec;

import static com.limiquantix.agent.handlers.exec.ExecFixture.program;
import static com.limiquantix.agent.handlers.exec.ExecFixture.shell;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Commands in a loop, for {@code -Dexec.endurance=PT10M} or as long as that says. */
@Tag("slow")
class ExecEnduranceTest {
  private static final int WARM_UP = 200;

  @Test
  void given_commands_in_a_loop_then_nothing_grows() throws IOException {
    Duration length = Duration.parse(System.getProperty("exec.endurance", "PT10M"));
    try (ExecFixture exec = new ExecFixture(ExecContract.LIMITS, Set.of())) {
      for (int i = 0; i < WARM_UP; i++) {
        oneOfEach(exec, i);
      }
      int descriptors = ExecContract.descriptors();
      int threads = Thread.activeCount();
      long memory = usedAfterCollection();
      long resident = residentKib();
      long end = System.nanoTime() + length.toNanos();
      long rounds = 0;
      for (; System.nanoTime() < end; rounds++) {
        oneOfEach(exec, rounds);
      }
      System.out.printf(
          "%d rounds; heap %d -> %d KiB, resident %d -> %d KiB, descriptors %d -> %d%n",
          rounds,
          memory / 1024,
          usedAfterCollection() / 1024,
          resident,
          residentKib(),
          descriptors,
          ExecContract.descriptors());
      ExecContract.await("zombies to go", () -> ExecContract.ownChildren().isEmpty());
      ExecContract.await("descriptors to go", () -> ExecContract.descriptors() <= descriptors + 2);
      assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 2);
      assertThat(usedAfterCollection()).isLessThan(memory + (4 << 20));
    }
  }

  private static void oneOfEach(ExecFixture exec, long round) {
    assertThat(exec.run(program("/bin/true", "x")).getExitCode()).isZero();
    if (round % 10 == 0) {
      assertThat(exec.run(shell("head -c 100000 /dev/zero; exit 3")).getExitCode()).isEqualTo(3);
      assertThat(exec.run(shell("sleep 30 >/dev/null 2>&1 & exit 4")).getExitCode()).isEqualTo(4);
      exec.run(program("true", "x").setWaitForExit(false));
    }
  }

  private static long usedAfterCollection() {
    Runtime.getRuntime().gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static long residentKib() throws IOException {
    String status = java.nio.file.Files.readString(java.nio.file.Path.of("/proc/self/status"));
    return status
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
