package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.telemetry.CpuTimes;
import java.io.IOException;

/** Reads /proc/stat, proc_stat(5). */
final class CpuStat {
  private static final byte[] ALL_CPUS = AsciiScanner.ascii("cpu ");

  private CpuStat() {}

  /**
   * The times of all processors together. Busy is all but idle and waiting for disks: also what the
   * hypervisor kept from the guest (steal), as the guest had work then. Guests of this guest are
   * part of user and nice already. Kernels before 2.6 tell only the first four numbers.
   */
  static CpuTimes parse(AsciiScanner stat) throws IOException {
    if (!stat.take(ALL_CPUS)) {
      throw stat.malformed("the line of all processors");
    }
    long user = stat.number();
    long nice = stat.number();
    long system = stat.number();
    long idle = stat.number();
    long wait = next(stat);
    long interrupts = next(stat);
    long softInterrupts = next(stat);
    long steal = next(stat);
    return new CpuTimes(user + nice + system + interrupts + softInterrupts + steal, idle + wait);
  }

  private static long next(AsciiScanner stat) throws IOException {
    return stat.atNumber() ? stat.number() : 0;
  }
}
