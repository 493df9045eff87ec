package com.limiquantix.agent.security.internal.jna;

/** A call on a file that failed. Its text holds the call's name and the error, never a path. */
public final class FileCallException extends Exception {
  // asm-generic/errno-base.h and errno.h.
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EACCES = 13;
  public static final int EEXIST = 17;
  public static final int EXDEV = 18;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int EMFILE = 24;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int ELOOP = 40;
  public static final int EDQUOT = 122;

  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * @param call what was called, such as {@code openat}
   * @param errno the error number, errno(3)
   */
  public FileCallException(String call, int errno) {
    super(call + " failed with errno " + errno);
    this.errno = errno;
  }

  /** The error number, errno(3). */
  public int errno() {
    return errno;
  }
}
