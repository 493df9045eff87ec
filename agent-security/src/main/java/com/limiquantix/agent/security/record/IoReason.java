package com.limiquantix.agent.security.record;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * Says in words why reading or writing failed, also where the exception's own text is but a path.
 */
public final class IoReason {
  private IoReason() {}

  /** The reason, with the files that the exception names. */
  public static String of(Exception failure) {
    if (failure instanceof FileSystemException e) {
      String other = e.getOtherFile();
      return e.getFile() + (other == null ? "" : " -> " + other) + ": " + reason(e);
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private static String reason(FileSystemException failure) {
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    String reason = failure.getReason();
    return reason == null ? failure.getClass().getSimpleName() : reason;
  }
}
