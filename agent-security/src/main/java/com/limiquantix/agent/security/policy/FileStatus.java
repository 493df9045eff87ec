package com.limiquantix.agent.security.policy;

import java.time.Instant;

/**
 * Facts about a file, statx(2).
 *
 * @param kind what it is
 * @param permissions the lower twelve bits of its mode
 * @param uid owner, 0 to 4294967294
 * @param gid group, 0 to 4294967294
 * @param size bytes; of a directory whatever its file system says
 * @param modified when its content was last changed
 * @param links how many names it has
 * @param id which file it is
 */
public record FileStatus(
    Kind kind,
    int permissions,
    long uid,
    long gid,
    long size,
    Instant modified,
    long links,
    Id id) {

  /** What a file can be. */
  public enum Kind {
    FILE,
    DIRECTORY,
    LINK,
    FIFO,
    SOCKET,
    CHARACTER_DEVICE,
    BLOCK_DEVICE,
    OTHER
  }

  /**
   * The same for all names of one file, also under bind mounts, as long as it exists.
   *
   * @param device file system
   * @param inode number within it
   */
  public record Id(long device, long inode) {}

  private static final int WRITABLE_BY_OTHERS = 0022;

  public boolean isDirectory() {
    return kind == Kind.DIRECTORY;
  }

  public boolean isLink() {
    return kind == Kind.LINK;
  }

  public boolean isRegular() {
    return kind == Kind.FILE;
  }

  /** Whether it belongs to a user and neither its group nor everybody may write to it. */
  boolean isOnlyWritableBy(long user) {
    return (uid == user || uid == 0) && (permissions & WRITABLE_BY_OTHERS) == 0;
  }
}
