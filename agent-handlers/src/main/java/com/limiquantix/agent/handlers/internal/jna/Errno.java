package com.limiquantix.agent.handlers.internal.jna;

/** Error numbers of Linux, from asm-generic/errno-base.h and errno.h; the same on x86 and arm. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int E2BIG = 7;
  public static final int ENOEXEC = 8;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int ENFILE = 23;
  public static final int EMFILE = 24;
  public static final int ETXTBSY = 26;
  public static final int ERANGE = 34;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ELOOP = 40;

  private Errno() {}

  /** What the C library says for {@code errno}, with the number, such as {@code "… (errno 2)"}. */
  public static String describe(int errno) {
    return LibC.strerror(errno) + " (errno " + errno + ")";
  }
}
