package com.limiquantix.agent.handlers.internal.jna;

/** A libc call that failed. Its text holds the call's name and the error, never its arguments. */
public final class PosixException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;

  PosixException(String call, int errno) {
    super(call + ": " + Errno.describe(errno));
    this.errno = errno;
  }

  /** The error number, errno(3); see {@link Errno}. */
  public int errno() {
    return errno;
  }
}
