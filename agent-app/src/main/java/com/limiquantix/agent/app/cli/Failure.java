package com.limiquantix.agent.app.cli;

import io.grpc.Status;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Why a command of {@code qx-guest} did not do what it was asked for, ready to be told. */
final class Failure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Status.Code code;
  private final int exitCode;

  private Failure(Status.Code code, int exitCode, String sentence, @Nullable Throwable cause) {
    super(sentence, cause);
    this.code = code;
    this.exitCode = exitCode;
  }

  /** The command line asks for something that makes no sense. */
  static Failure usage(String sentence) {
    return new Failure(Status.Code.INVALID_ARGUMENT, ExitCode.FAILED, sentence, null);
  }

  /** The agent cannot be reached. */
  static Failure unreachable(String sentence, @Nullable Throwable cause) {
    return new Failure(Status.Code.UNAVAILABLE, ExitCode.UNREACHABLE, sentence, cause);
  }

  /** The time was over before what was waited for came. */
  static Failure timedOut(String sentence) {
    return new Failure(Status.Code.DEADLINE_EXCEEDED, ExitCode.TIMED_OUT, sentence, null);
  }

  /**
   * A call failed.
   *
   * @param asked what was attempted, such as {@code cannot ping VM web-1}
   */
  static Failure ofCall(String asked, Status status, int exitCode) {
    String description = status.getDescription();
    String sentence =
        asked
            + ": "
            + (description == null || description.isBlank() ? "no reason given" : description)
            + " ("
            + status.getCode()
            + ")"
            + advice(status.getCode());
    return new Failure(status.getCode(), exitCode, sentence, status.getCause());
  }

  /** A signal ended the wait. */
  static Failure signalled(String asked, Signal signal) {
    return new Failure(
        Status.Code.CANCELLED,
        ExitCode.SIGNAL_BASE + signal.number(),
        asked + ": cancelled by SIG" + signal,
        null);
  }

  /** What we have to say cannot be written where it was to go. */
  static Failure output(IOException cause) {
    return new Failure(
        Status.Code.INTERNAL,
        ExitCode.FAILED,
        "our own output could not be written: " + cause.getMessage(),
        cause);
  }

  /** Anything that should not happen. */
  static Failure unexpected(Throwable cause) {
    String message = cause.getMessage();
    return new Failure(
        Status.Code.INTERNAL,
        ExitCode.FAILED,
        (message == null ? "" : message + " ")
            + "("
            + cause.getClass().getSimpleName()
            + "); set QX_GUEST_DEBUG=1 to see where it happened",
        cause);
  }

  Status.Code code() {
    return code;
  }

  int exitCode() {
    return exitCode;
  }

  /** The sentence to tell; never null. */
  String sentence() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  /** Advice where the reason comes from gRPC itself; agent and transport give their own. */
  private static String advice(Status.Code code) {
    return switch (code) {
      case DEADLINE_EXCEEDED -> "; allow it more time with --timeout";
      case UNIMPLEMENTED -> "; 'qx-guest info' lists what this agent can do";
      default -> "";
    };
  }
}
