package com.limiquantix.agent.security.internal.jna;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** The C library's functions, mapped directly; {@code long} is size_t, so 64-bit systems only. */
final class FileLibC {
  static {
    Native.register(FileLibC.class, NativeLibrary.getProcess());
  }

  private FileLibC() {}

  /** Fails with a linkage error unless the C library has all that is declared here. */
  static void load() {
    geteuid();
  }

  static native int open(byte[] path, int flags, int mode);

  static native int openat(int directory, byte[] path, int flags, int mode);

  static native int close(int fd);

  static native long read(int fd, Pointer buffer, long count);

  static native int statx(int directory, byte[] path, int flags, int mask, Pointer into);

  static native long readlinkat(int directory, byte[] path, Pointer buffer, long size);

  static native @Nullable Pointer fdopendir(int fd);

  static native @Nullable Pointer readdir(Pointer stream);

  static native int closedir(Pointer stream);

  static native int mkdirat(int directory, byte[] path, int mode);

  static native int unlinkat(int directory, byte[] path, int flags);

  static native int renameat2(int from, byte[] name, int to, byte[] newName, int flags);

  static native int fchown(int fd, int uid, int gid);

  static native int fchmod(int fd, int mode);

  static native int fsync(int fd);

  static native int geteuid();

  static native long syscall(long number, long a, Pointer b, Pointer c, long d);
}
