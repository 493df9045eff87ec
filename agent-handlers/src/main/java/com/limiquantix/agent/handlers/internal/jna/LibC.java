package com.limiquantix.agent.handlers.internal.jna;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The C library's functions, mapped directly. {@code long} stands for size_t, ssize_t and nfds_t,
 * so 64-bit systems only; {@link JnaPosix#open} checks that.
 */
final class LibC {
  static {
    Native.register(LibC.class, NativeLibrary.getProcess());
  }

  private LibC() {}

  static native int posix_spawn(
      Pointer pid, byte[] path, Pointer actions, Pointer attributes, Pointer argv, Pointer envp);

  static native int posix_spawnattr_init(Pointer attributes);

  static native int posix_spawnattr_destroy(Pointer attributes);

  static native int posix_spawnattr_setflags(Pointer attributes, short flags);

  static native int posix_spawnattr_setsigmask(Pointer attributes, Pointer set);

  static native int posix_spawnattr_setsigdefault(Pointer attributes, Pointer set);

  static native int posix_spawn_file_actions_init(Pointer actions);

  static native int posix_spawn_file_actions_destroy(Pointer actions);

  static native int posix_spawn_file_actions_addopen(
      Pointer actions, int fd, byte[] path, int flags, int mode);

  static native int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to);

  static native int posix_spawn_file_actions_addclose(Pointer actions, int fd);

  static native int pipe2(Pointer fds, int flags);

  static native int fcntl(int fd, int command, int argument);

  static native int open(byte[] path, int flags, int mode);

  static native int close(int fd);

  static native long read(int fd, Pointer buffer, long count);

  static native long write(int fd, Pointer buffer, long count);

  static native int eventfd(int initial, int flags);

  static native int poll(Pointer fds, long count, int timeoutMillis);

  static native int waitid(int idType, int id, Pointer info, int options);

  static native int statvfs(byte[] path, long[] into);

  static native long lseek(int fd, long offset, int whence);

  static native int socket(int domain, int type, int protocol);

  static native int ioctl(int fd, long request, byte[] argument);

  static native int getifaddrs(Pointer list);

  static native void freeifaddrs(Pointer list);

  static native int kill(int pid, int signal);

  static native int getsid(int pid);

  static native int geteuid();

  static native int getegid();

  static native int getgroups(int size, @Nullable Pointer list);

  static native int access(byte[] path, int mode);

  static native int chdir(byte[] path);

  static native int umask(int mask);

  static native int unshare(int flags);

  static native long syscall(long number, long a, long b, long c, long d);

  static native int getpwnam_r(byte[] name, Pointer entry, Pointer buffer, long size, Pointer out);

  static native int getpwuid_r(int uid, Pointer entry, Pointer buffer, long size, Pointer out);

  static native int getgrnam_r(byte[] name, Pointer entry, Pointer buffer, long size, Pointer out);

  static native int getgrouplist(byte[] user, int gid, Pointer groups, Pointer count);

  static native String strerror(int errno);
}
