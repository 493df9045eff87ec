package com.limiquantix.agent.handlers.internal.jna;

import java.util.Optional;

/** Asks a filesystem for its size. Any number of threads may ask at a time. */
public interface StatVfs {
  /**
   * Asks the filesystem that {@code path} leads to. Blocks for as long as that takes, which can be
   * for ever where the path leads to or through a filesystem that others serve.
   *
   * @param path the bytes of an absolute path and a zero byte
   * @return empty if it cannot be had, because the path is gone or its filesystem is broken
   */
  Optional<Blocks> ask(byte[] path);

  /**
   * What statvfs(3) tells, as unsigned numbers.
   *
   * @param blockBytes size of a block ({@code f_frsize})
   * @param total blocks of the filesystem ({@code f_blocks})
   * @param free blocks that hold nothing ({@code f_bfree})
   * @param available those of them that ordinary users can have ({@code f_bavail})
   */
  record Blocks(long blockBytes, long total, long free, long available) {}
}
