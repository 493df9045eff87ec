package com.limiquantix.agent.handlers.exec;

import java.time.Duration;

/**
 * The bounds of commands.
 *
 * @param maxTimeout what a command gets that asks for no time limit, and the most it may ask for
 * @param maxCommands commands that may run at once with a call waiting for them
 * @param maxDetached commands that may run at once without one
 * @param defaultOutput bytes kept of each of the two outputs when a request does not say
 * @param maxOutput the most a request may ask to keep of each
 * @param outputBudget bytes of output that all commands together may hold at a time; what would
 *     exceed it is cut, as if that command had reached its own limit
 * @param stopGrace time between asking a command to end and forcing it
 * @param drainGrace time that a command's output may stay open after its end, held by what it left
 *     behind, before the answer is given without more
 */
public record ExecLimits(
    Duration maxTimeout,
    int maxCommands,
    int maxDetached,
    int defaultOutput,
    int maxOutput,
    long outputBudget,
    Duration stopGrace,
    Duration drainGrace) {
  /**
   * 300 s; 64 commands and 256 detached; 1 MiB, at most 4 MiB per output, so that an answer with
   * both stays well under the 16 MiB of a version 1 frame; 16 MiB in all; 2 s; 100 ms.
   */
  public static final ExecLimits DEFAULT =
      new ExecLimits(
          Duration.ofSeconds(300),
          64,
          256,
          1 << 20,
          4 << 20,
          16L << 20,
          Duration.ofSeconds(2),
          Duration.ofMillis(100));

  public ExecLimits {
    requireBetween("maxTimeout seconds", maxTimeout.toSeconds(), 1, Integer.MAX_VALUE);
    requireBetween("maxCommands", maxCommands, 1, 1024);
    requireBetween("maxDetached", maxDetached, 1, 1024);
    requireBetween("maxOutput", maxOutput, 1, 4 << 20);
    requireBetween("defaultOutput", defaultOutput, 1, maxOutput);
    requireBetween("outputBudget", outputBudget, 1, Long.MAX_VALUE);
    requireBetween("stopGrace nanoseconds", stopGrace.toNanos(), 0, Long.MAX_VALUE);
    requireBetween("drainGrace nanoseconds", drainGrace.toNanos(), 0, Long.MAX_VALUE);
  }

  private static void requireBetween(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " must be from " + least + " to " + most + ": " + value);
    }
  }
}
