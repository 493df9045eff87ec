package com.limiquantix.agent.handlers.internal.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

/**
 * The entries of one directory, read again and again without an object for each. One thread at a
 * time.
 */
public final class DirectoryEntries implements AutoCloseable {
  // asm-generic/fcntl.h; __O_DIRECTORY is 040000 on arm and ppc.
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_SET = 0;
  private static final int BUFFER_BYTES = 32 * 1024;

  private final int fd;
  private final long getdents64;
  private final Memory buffer = new Memory(BUFFER_BYTES);

  /**
   * Opens the directory {@code path}.
   *
   * @throws UnsupportedOperationException unless this is 64-bit Linux on a known architecture
   * @throws PosixException as open(2)
   */
  public DirectoryEntries(String path) throws PosixException {
    getdents64 = systemCall();
    fd = LibC.open(JnaPosix.cString(path), O_CLOEXEC, 0);
    if (fd < 0) {
      throw new PosixException("open", Native.getLastError());
    }
  }

  /** Number of the system call; glibc has a function for it since 2.30 only. */
  private static long systemCall() {
    if (!Platform.isLinux() || Native.POINTER_SIZE != 8) {
      throw new UnsupportedOperationException(
          "directories are read on 64-bit Linux only, this is " + Platform.RESOURCE_PREFIX);
    }
    return switch (Platform.ARCH) {
      case "x86-64" -> 217;
      case "aarch64", "riscv64", "loongarch64" -> 61;
      case "s390x" -> 220;
      case "ppc64", "ppc64le" -> 202;
      default ->
          throw new UnsupportedOperationException(
              "directories cannot be read on this architecture: " + Platform.ARCH);
    };
  }

  /** Goes back to the first entry. */
  public void rewind() {
    LibC.lseek(fd, 0, SEEK_SET);
  }

  /**
   * The next entries, each a {@code struct linux_dirent64} as getdents(2) describes it.
   *
   * @param into at least 1024 bytes; only as much as has room for whole entries is used
   * @return number of bytes, 0 when there are no more
   * @throws PosixException as getdents(2)
   */
  public int read(byte[] into) throws PosixException {
    long room = Math.min(into.length, BUFFER_BYTES);
    long count = LibC.syscall(getdents64, fd, Pointer.nativeValue(buffer), room, 0);
    if (count < 0) {
      throw new PosixException("getdents64", Native.getLastError());
    }
    buffer.read(0, into, 0, (int) count);
    return (int) count;
  }

  @Override
  public void close() {
    LibC.close(fd);
    buffer.close();
  }
}
