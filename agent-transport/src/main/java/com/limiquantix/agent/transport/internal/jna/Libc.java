package com.limiquantix.agent.transport.internal.jna;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * Direct mapping of libc. size_t, ssize_t and pointers are long: 64-bit only. JNA keeps errno per
 * thread right after each call, so Native.getLastError in the same thread is exact.
 */
final class Libc {
  static {
    // The running process has its C library loaded, whatever its file is called (glibc, musl).
    Native.register(Libc.class, NativeLibrary.getProcess());
  }

  private Libc() {}

  static native int geteuid();

  static native long read(int fd, long buffer, long count);

  static native long readv(int fd, long vector, int count);

  static native long write(int fd, long buffer, long count);

  static native long send(int fd, long buffer, long count, int flags);

  static native int close(int fd);

  static native int open(byte[] path, int flags, int mode);

  static native int flock(int fd, int operation);

  static native int fchmod(int fd, int mode);

  static native int socket(int domain, int type, int protocol);

  static native int bind(int fd, byte[] address, int length);

  static native int connect(int fd, byte[] address, int length);

  static native int listen(int fd, int backlog);

  static native int accept4(int fd, long address, long length, int flags);

  static native int shutdown(int fd, int how);

  static native int getpeername(int fd, byte[] address, int[] length);

  static native int ioctl(int fd, long request, int[] value);

  static native int getsockopt(int fd, int level, int name, int[] value, int[] length);

  static native int epoll_create1(int flags);

  static native int epoll_ctl(int epoll, int operation, int fd, byte[] event);

  static native int epoll_wait(int epoll, long events, int capacity, int timeout);

  static native int eventfd(int initial, int flags);
}
