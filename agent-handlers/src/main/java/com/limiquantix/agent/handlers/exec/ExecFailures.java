package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Errno;
import io.grpc.Status;

/** The sentences for what the system refuses. */
final class ExecFailures {
  private ExecFailures() {}

  static Status invalid(String sentence) {
    return Status.INVALID_ARGUMENT.withDescription(sentence);
  }

  /** Why a working directory cannot be used. */
  static Status directory(String directory, int errno) {
    String what = "working_directory \"" + directory + "\" ";
    return switch (errno) {
      case Errno.ENOENT ->
          Status.NOT_FOUND.withDescription(what + "does not exist: create it or name another");
      case Errno.ENOTDIR ->
          Status.FAILED_PRECONDITION.withDescription(what + "is not a directory: name another");
      case Errno.EACCES ->
          Status.PERMISSION_DENIED.withDescription(what + "may not be entered by the agent");
      default -> other(what + "cannot be entered", errno);
    };
  }

  /**
   * Why a program cannot be executed.
   *
   * @param program its path
   */
  static Status program(String program, int errno) {
    String what = "command \"" + program + "\" ";
    return switch (errno) {
      case Errno.ENOENT -> Status.NOT_FOUND.withDescription(what + "does not exist: no such file");
      case Errno.ENOTDIR ->
          Status.NOT_FOUND.withDescription(
              what + "does not exist: a part of its path is not a directory");
      case Errno.EISDIR ->
          Status.FAILED_PRECONDITION.withDescription(what + "is a directory, not a program");
      case Errno.EACCES ->
          Status.FAILED_PRECONDITION.withDescription(
              what
                  + "is not executable: it needs execute permission, to be a regular file, and a"
                  + " file system that is not mounted noexec");
      case Errno.EPERM ->
          Status.PERMISSION_DENIED.withDescription(what + "may not be executed by the agent");
      case Errno.ENOEXEC ->
          Status.FAILED_PRECONDITION.withDescription(
              what
                  + "is neither a program for this machine nor a script with an interpreter in its"
                  + " first line (#!): run it by its interpreter");
      case Errno.E2BIG ->
          invalid(what + "got more arguments and environment than the system takes: pass a file");
      case Errno.ETXTBSY ->
          Status.UNAVAILABLE.withDescription(what + "is being written to: try again later");
      case Errno.ELOOP -> invalid(what + "leads through too many symbolic links");
      case Errno.ENAMETOOLONG -> invalid(what + "has a path or name that is too long");
      default -> other(what + "cannot be started", errno);
    };
  }

  /** Why the resources for a command are not there. */
  static Status other(String what, int errno) {
    String sentence = what + ": " + Errno.describe(errno);
    return switch (errno) {
      case Errno.EAGAIN, Errno.ENOMEM, Errno.EMFILE, Errno.ENFILE ->
          Status.RESOURCE_EXHAUSTED.withDescription(
              sentence + "; the guest is out of processes, memory or descriptors, try again later");
      case Errno.EPERM, Errno.EACCES -> Status.PERMISSION_DENIED.withDescription(sentence);
      default -> Status.INTERNAL.withDescription(sentence);
    };
  }
}
