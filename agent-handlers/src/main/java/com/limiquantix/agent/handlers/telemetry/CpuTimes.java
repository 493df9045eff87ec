package com.limiquantix.agent.handlers.telemetry;

/**
 * How all processors together have spent their time since the guest started.
 *
 * @param busy time with work, in any unit
 * @param idle time without, in the same unit
 */
public record CpuTimes(long busy, long idle) {
  /**
   * Share of the time since {@code before} that was busy, 0 to 100; 0 if no time has passed. A
   * counter that went back, as some kernels let idle times do, counts as unchanged.
   */
  double busyPercentSince(CpuTimes before) {
    double worked = Math.max(0, busy - before.busy);
    double rested = Math.max(0, idle - before.idle);
    return worked == 0 ? 0 : 100 * worked / (worked + rested);
  }
}
