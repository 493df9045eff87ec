package com.limiquantix.agent.handlers.internal.jna;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.util.Optional;

/** statvfs(3) of 64-bit Linux. */
public final class JnaStatVfs implements StatVfs {
  // struct statvfs of 64-bit glibc and musl is 112 bytes that begin with f_bsize, f_frsize,
  // f_blocks, f_bfree and f_bavail, each a long.
  private static final int STRUCT_LONGS = 16;

  /**
   * @throws UnsupportedOperationException unless this is 64-bit Linux
   */
  public JnaStatVfs() {
    if (!Platform.isLinux() || Native.POINTER_SIZE != 8) {
      throw new UnsupportedOperationException(
          "statvfs is known on 64-bit Linux only, this is " + Platform.RESOURCE_PREFIX);
    }
  }

  @Override
  public Optional<Blocks> ask(byte[] path) {
    long[] answer = new long[STRUCT_LONGS];
    if (LibC.statvfs(path, answer) != 0) {
      return Optional.empty();
    }
    return Optional.of(new Blocks(answer[1], answer[2], answer[3], answer[4]));
  }
}
