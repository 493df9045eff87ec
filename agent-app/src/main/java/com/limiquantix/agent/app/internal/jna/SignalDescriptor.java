package com.limiquantix.agent.app.internal.jna;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;

/**
 * Blocked signals of this process as something that can be read (signalfd(2)). Unlike a handler it
 * also gets those that came before it was there. Linux only; for one thread.
 */
public final class SignalDescriptor {
  /** {@code SIGHUP} of signal(7). */
  public static final int SIGHUP = 1;

  /** {@code SIGINT} of signal(7). */
  public static final int SIGINT = 2;

  /** {@code SIGTERM} of signal(7). */
  public static final int SIGTERM = 15;

  /** {@code SFD_CLOEXEC} of sys/signalfd.h. */
  private static final int SFD_CLOEXEC = 0x80000;

  /** {@code sigset_t} of glibc and musl; the kernel reads the first 8 bytes. */
  private static final int SIGSET_BYTES = 128;

  /** {@code struct signalfd_siginfo} of sys/signalfd.h; its first four bytes are the number. */
  private static final int INFO_BYTES = 128;

  /** {@code EINTR} of errno(3). */
  private static final int EINTR = 4;

  private final int fd;
  private final Memory info = new Memory(INFO_BYTES);

  private SignalDescriptor(int fd) {
    this.fd = fd;
  }

  /**
   * Opens a descriptor for signals that every thread of this process blocks.
   *
   * @param signals their numbers, 1 to 64
   * @throws IOException if the system refuses
   */
  public static SignalDescriptor open(int... signals) throws IOException {
    long bits = 0;
    for (int signal : signals) {
      bits |= 1L << (signal - 1);
    }
    Memory set = new Memory(SIGSET_BYTES);
    set.clear();
    set.setLong(0, bits);
    try {
      return new SignalDescriptor(Calls.signalfd(-1, set, SFD_CLOEXEC));
    } catch (LastErrorException e) {
      throw new IOException("signalfd: errno " + e.getErrorCode(), e);
    }
  }

  /**
   * Waits for the next signal.
   *
   * @return its number
   * @throws IOException if the descriptor cannot be read
   */
  public int next() throws IOException {
    while (true) {
      try {
        if (Calls.read(fd, info, INFO_BYTES) == INFO_BYTES) {
          return info.getInt(0);
        }
        throw new IOException("a short read from signalfd");
      } catch (LastErrorException e) {
        if (e.getErrorCode() != EINTR) {
          throw new IOException("read from signalfd: errno " + e.getErrorCode(), e);
        }
      }
    }
  }

  /** Bound at the first use, so that a program without signals of this kind loads nothing. */
  private static final class Calls {
    static {
      Native.register("c");
    }

    private Calls() {}

    static native int signalfd(int fd, Pointer mask, int flags) throws LastErrorException;

    static native int read(int fd, Pointer buffer, long count) throws LastErrorException;
  }
}
