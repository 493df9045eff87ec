package com.limiquantix.agent.security.internal.jna;

import com.limiquantix.agent.security.policy.FileStatus;
import java.util.List;
import java.util.OptionalInt;

/**
 * What judging and opening files needs of Linux. Descriptors are plain numbers that the caller
 * closes; every one is made with close-on-exec. Names are single components, never paths. Calls may
 * block on the file system; any thread may make them.
 */
public interface FileCalls {
  /** Flags of open(2), asm-generic/fcntl.h; x86-64, aarch64, riscv64, s390x agree. */
  int O_RDONLY = 0;

  int O_WRONLY = 1;
  int O_RDWR = 2;
  int O_CREAT = 0x40;
  int O_EXCL = 0x80;
  int O_NOCTTY = 0x100;
  int O_TRUNC = 0x200;
  int O_APPEND = 0x400;
  int O_NONBLOCK = 0x800;

  /** The root directory, only to start from (O_PATH). */
  int root() throws FileCallException;

  /** What a name in a directory stands for, a link itself included, not opened (O_PATH). */
  int place(int directory, String name) throws FileCallException;

  /**
   * What a path stands for if no link leads there: openat2(2) with RESOLVE_BENEATH,
   * RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS, not opened (O_PATH).
   *
   * @param path relative to {@code directory}
   * @return empty if a link is in the way, or the kernel is older than 5.6
   */
  OptionalInt placeWithoutLinks(int directory, String path) throws FileCallException;

  /**
   * Opens a name in a directory; a link is refused with ELOOP.
   *
   * @param mode permissions of a file that is created, whatever the umask
   */
  int open(int directory, String name, int flags, int mode) throws FileCallException;

  /** Opens what a descriptor of {@link #place} stands for; the very same file, by no name. */
  int reopen(int place, int flags) throws FileCallException;

  /** Facts about what a descriptor stands for. */
  FileStatus status(int descriptor) throws FileCallException;

  /** What a link holds, given its descriptor. */
  String link(int descriptor) throws FileCallException;

  /** The path by which the kernel knows a descriptor now. */
  String kernelPath(int descriptor) throws FileCallException;

  /** The first bytes of what {@link #place} gave, at most {@code limit}. */
  byte[] head(int place, int limit) throws FileCallException;

  /**
   * Names in a directory without {@code .} and {@code ..}; more than {@code limit} are left out.
   */
  List<String> names(int directory, int limit) throws FileCallException;

  void makeDirectory(int directory, String name, int mode) throws FileCallException;

  /** Removes a name: a directory if {@code isDirectory}, which must be empty. */
  void unlink(int directory, String name, boolean isDirectory) throws FileCallException;

  /**
   * Renames within a file system; a link is renamed itself.
   *
   * @param replace whether something of the new name may be replaced; if not, EEXIST
   */
  void rename(int from, String name, int to, String newName, boolean replace)
      throws FileCallException;

  void owner(int descriptor, long uid, long gid) throws FileCallException;

  void mode(int descriptor, int mode) throws FileCallException;

  /** Waits until a file or directory that is open is on disk. */
  void sync(int descriptor) throws FileCallException;

  /** Closes a descriptor; an error is not reported, as the descriptor is gone all the same. */
  void close(int descriptor);

  /** The user id that this process has. */
  long user();
}
