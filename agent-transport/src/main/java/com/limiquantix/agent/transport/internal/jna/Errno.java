package com.limiquantix.agent.transport.internal.jna;

/**
 * Error numbers of Linux as all architectures but MIPS, SPARC, Alpha and PA-RISC number them
 * (asm-generic/errno-base.h, asm-generic/errno.h), with texts that do not depend on the locale as
 * strerror(3) does.
 */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int ENFILE = 23;
  public static final int EMFILE = 24;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int EPIPE = 32;
  public static final int ELOOP = 40;
  public static final int EPROTOTYPE = 91;
  public static final int EOPNOTSUPP = 95;
  public static final int EAFNOSUPPORT = 97;
  public static final int EADDRINUSE = 98;
  public static final int EADDRNOTAVAIL = 99;
  public static final int ENETDOWN = 100;
  public static final int ENETUNREACH = 101;
  public static final int ECONNABORTED = 103;
  public static final int ECONNRESET = 104;
  public static final int ENOBUFS = 105;
  public static final int ENOTCONN = 107;
  public static final int ETIMEDOUT = 110;
  public static final int ECONNREFUSED = 111;
  public static final int EINPROGRESS = 115;

  private Errno() {}

  /** What {@code errno} means, such as {@code broken pipe (EPIPE)}. */
  public static String describe(int errno) {
    return switch (errno) {
      case EPERM -> "operation not permitted (EPERM)";
      case ENOENT -> "no such file or directory (ENOENT)";
      case EINTR -> "interrupted (EINTR)";
      case EIO -> "input/output error (EIO)";
      case ENXIO -> "no such device or address (ENXIO)";
      case EBADF -> "bad file descriptor (EBADF)";
      case EAGAIN -> "resource temporarily unavailable (EAGAIN)";
      case ENOMEM -> "out of memory (ENOMEM)";
      case EACCES -> "permission denied (EACCES)";
      case EBUSY -> "device or resource busy (EBUSY)";
      case EEXIST -> "file exists (EEXIST)";
      case ENODEV -> "no such device (ENODEV)";
      case ENOTDIR -> "not a directory (ENOTDIR)";
      case EISDIR -> "is a directory (EISDIR)";
      case EINVAL -> "invalid argument (EINVAL)";
      case ENFILE -> "too many open files in the system (ENFILE)";
      case EMFILE -> "too many open files in this process (EMFILE)";
      case ENOSPC -> "no space left on device (ENOSPC)";
      case EROFS -> "read-only file system (EROFS)";
      case EPIPE -> "broken pipe (EPIPE)";
      case ELOOP -> "too many symbolic links (ELOOP)";
      case EPROTOTYPE -> "socket of another type (EPROTOTYPE)";
      case EOPNOTSUPP -> "operation not supported (EOPNOTSUPP)";
      case EAFNOSUPPORT -> "address family not supported (EAFNOSUPPORT)";
      case EADDRINUSE -> "address in use (EADDRINUSE)";
      case EADDRNOTAVAIL -> "address not available (EADDRNOTAVAIL)";
      case ENETDOWN -> "network is down (ENETDOWN)";
      case ENETUNREACH -> "network is unreachable (ENETUNREACH)";
      case ECONNABORTED -> "connection aborted (ECONNABORTED)";
      case ECONNRESET -> "connection reset by peer (ECONNRESET)";
      case ENOBUFS -> "no buffer space (ENOBUFS)";
      case ENOTCONN -> "not connected (ENOTCONN)";
      case ETIMEDOUT -> "timed out (ETIMEDOUT)";
      case ECONNREFUSED -> "connection refused (ECONNREFUSED)";
      case EINPROGRESS -> "in progress (EINPROGRESS)";
      default -> "error " + errno;
    };
  }
}
