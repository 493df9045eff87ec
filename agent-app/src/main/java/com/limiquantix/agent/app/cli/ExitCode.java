package com.limiquantix.agent.app.cli;

import io.grpc.Status;

/**
 * What the exit codes of {@code qx-guest} mean. Codes from 124 on follow timeout(1), env(1) and
 * ssh(1); below are the guest's own.
 */
final class ExitCode {
  /** It worked; for exec: the guest's command ended with 0. */
  static final int OK = 0;

  /** ping: the agent was reached, but no ping was answered. */
  static final int NO_ANSWER = 1;

  /** health: not all is well; list: not every agent answered. */
  static final int NOT_WELL = 1;

  /** The time was over: the command's in the guest, or that for an answer. */
  static final int TIMED_OUT = 124;

  /** {@code qx-guest} was used wrongly, or the agent refused or failed. */
  static final int FAILED = 125;

  /** exec: the guest has the command but could not or may not start it. */
  static final int NOT_STARTED = 126;

  /** exec: the guest has no such command, or no such directory to run it in. */
  static final int NOT_FOUND = 127;

  /** Plus its number: ended by that signal. */
  static final int SIGNAL_BASE = 128;

  /** The agent could not be reached, or was lost before it answered. */
  static final int UNREACHABLE = 255;

  private ExitCode() {}

  /** For a call that failed. */
  static int of(Status.Code code) {
    return switch (code) {
      case UNAVAILABLE -> UNREACHABLE;
      case DEADLINE_EXCEEDED -> TIMED_OUT;
      default -> FAILED;
    };
  }

  /** For an exec call that failed. */
  static int ofExec(Status.Code code) {
    return switch (code) {
      case NOT_FOUND -> NOT_FOUND;
      case PERMISSION_DENIED, FAILED_PRECONDITION -> NOT_STARTED;
      default -> of(code);
    };
  }

  /**
   * For a command that ran in the guest. A process's exit code here has eight bits, one in a
   * Windows guest 32; what does not fit keeps its low eight bits, but never becomes success.
   */
  static int ofCommand(int guestCode) {
    int low = guestCode & 0xff;
    return low == 0 && guestCode != 0 ? 1 : low;
  }
}
