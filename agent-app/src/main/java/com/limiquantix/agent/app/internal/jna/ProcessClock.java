package com.limiquantix.agent.app.internal.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.IOException;

/**
 * The processor time of another process, clock_getcpuclockid(3): in nanoseconds, and with the time
 * of threads that have ended. {@code stat} of proc(5) counts ticks of ten milliseconds, too coarse
 * for a process that does nearly nothing, and {@code schedstat} forgets ended threads. Thread-safe.
 */
public final class ProcessClock {
  private static final int ESRCH = 3;
  private static final int SECONDS = 0;
  private static final int NANOS = Long.BYTES;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private ProcessClock() {}

  /** The functions, bound when one of them is called first. */
  private static final class Libc {
    static {
      Native.register(Libc.class, NativeLibrary.getProcess());
    }

    private Libc() {}

    static native int clock_getcpuclockid(int pid, Pointer clock);

    static native int clock_gettime(int clock, Pointer time);
  }

  /**
   * What the process has used so far, nanoseconds.
   *
   * @throws IOException if there is no such process
   * @throws UnsupportedOperationException unless this is 64-bit Linux
   */
  public static long nanos(int pid) throws IOException {
    if (!Platform.isLinux() || Native.POINTER_SIZE != Long.BYTES) {
      throw new UnsupportedOperationException(
          "the processor time of a process can be read on 64-bit Linux only");
    }
    try (Memory clock = new Memory(Integer.BYTES);
        Memory time = new Memory(2L * Long.BYTES)) {
      int errno = Libc.clock_getcpuclockid(pid, clock);
      if (errno == 0 && Libc.clock_gettime(clock.getInt(0), time) != 0) {
        errno = Native.getLastError();
      }
      if (errno != 0) {
        throw new IOException(
            errno == ESRCH
                ? "there is no process " + pid
                : "the clock of process " + pid + " cannot be read: errno " + errno);
      }
      return time.getLong(SECONDS) * NANOS_PER_SECOND + time.getLong(NANOS);
    }
  }
}
