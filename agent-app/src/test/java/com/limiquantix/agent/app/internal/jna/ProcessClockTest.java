package com.limiquantix.agent.app.internal.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ProcessClockTest {

  @Test
  void givenThisProcess_whenAThreadOfItWorksAndEnds_thenItsTimeStaysCounted() throws Exception {
    int self = (int) ProcessHandle.current().pid();
    long before = ProcessClock.nanos(self);
    long[] worked = new long[1];
    Thread working = new Thread(() -> worked[0] = work());
    working.start();
    working.join();
    assertThat(ProcessClock.nanos(self) - before).isGreaterThanOrEqualTo(worked[0]);
  }

  /** Returns the processor time that it took. */
  private static long work() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long cpu = 0;
    while (cpu < 20_000_000) {
      cpu = threads.getCurrentThreadCpuTime();
    }
    return cpu;
  }

  @Test
  void givenAProcessThatIsGone_thenThatIsSaid() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    assertThatThrownBy(() -> ProcessClock.nanos((int) gone.pid()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("process " + gone.pid());
  }
}
