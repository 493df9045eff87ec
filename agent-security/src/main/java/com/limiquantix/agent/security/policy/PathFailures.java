package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import io.grpc.Status;
import io.grpc.StatusException;

/** The sentences for what the system refuses of files. */
final class PathFailures {
  private PathFailures() {}

  /**
   * Why something can't be done with a path.
   *
   * @param path as it was asked for
   */
  static StatusException of(String path, FileCallException e) {
    String what = "\"" + path + "\" ";
    Status status =
        switch (e.errno()) {
          case FileCallException.ENOENT ->
              Status.NOT_FOUND.withDescription(what + "does not exist");
          case FileCallException.ENOTDIR ->
              Status.FAILED_PRECONDITION.withDescription(
                  what + "leads through something that is not a directory");
          case FileCallException.EISDIR ->
              Status.FAILED_PRECONDITION.withDescription(what + "is a directory");
          case FileCallException.EEXIST ->
              Status.ALREADY_EXISTS.withDescription(what + "exists already");
          case FileCallException.ENOTEMPTY ->
              Status.FAILED_PRECONDITION.withDescription(
                  what + "is a directory that is not empty: ask for all of it to be removed");
          case FileCallException.ELOOP ->
              Status.INVALID_ARGUMENT.withDescription(what + "leads through too many links");
          case FileCallException.ENAMETOOLONG ->
              Status.INVALID_ARGUMENT.withDescription(what + "is too long or too deep");
          case FileCallException.EINVAL ->
              Status.INVALID_ARGUMENT.withDescription(what + "is no path that the system takes");
          case FileCallException.EXDEV ->
              Status.FAILED_PRECONDITION.withDescription(
                  what + "is on another file system: copy it and remove the first");
          case FileCallException.EACCES, FileCallException.EPERM ->
              Status.PERMISSION_DENIED.withDescription(what + "may not be used so by the agent");
          case FileCallException.EROFS ->
              Status.FAILED_PRECONDITION.withDescription(what + "is on a read-only file system");
          case FileCallException.ENOSPC, FileCallException.EDQUOT ->
              Status.RESOURCE_EXHAUSTED.withDescription(what + "does not fit: the disk is full");
          case FileCallException.EMFILE ->
              Status.RESOURCE_EXHAUSTED.withDescription(
                  "the agent is out of descriptors: try again later");
          default -> Status.INTERNAL.withDescription(what + "failed: " + e.getMessage());
        };
    return status.asException();
  }
}
