package com.limiquantix.agent.handlers.exec;

import com.google.protobuf.ByteString;

/**
 * How a command ended.
 *
 * @param exitCode its exit status, 0 to 255, or 128 plus the number of the signal that ended it
 * @param stdout the first bytes of its standard output, as they came
 * @param stderr the first bytes of its standard error, as they came
 * @param stdoutCut whether there was more on standard output
 * @param stderrCut whether there was more on standard error
 * @param nanos how long it ran, in nanoseconds
 */
public record CommandResult(
    int exitCode,
    ByteString stdout,
    ByteString stderr,
    boolean stdoutCut,
    boolean stderrCut,
    long nanos) {
  /** Leaves out the output, which may hold secrets. */
  @Override
  public String toString() {
    return "CommandResult[exitCode=" + exitCode + ", nanos=" + nanos + "]";
  }
}
