package com.limiquantix.agent.transport.internal.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A pseudo-terminal that passes bytes as they are: a real character device on which either end
 * notices when the other is closed. Its master sees slaves come and go as a virtio-serial port sees
 * hosts, but reads EIO while none is there; a slave whose master is gone is hung up for ever.
 */
public final class Pty {
  private static final int O_RDWR = 2;
  private static final int O_NOCTTY = 0x100;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final int TCSANOW = 0;
  private static final int LONGEST_PATH = 64;

  /** More than struct termios has on any architecture. */
  private static final int TERMIOS_BYTES = 256;

  static {
    Native.register(Pty.class, NativeLibrary.getProcess());
  }

  private final int master;
  private final Path slave;

  /** Opens a master; no slave is open yet. The caller owns the descriptor. */
  public Pty() throws IOException {
    master = checked("posix_openpt", posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    checked("grantpt", grantpt(master));
    checked("unlockpt", unlockpt(master));
    Memory name = new Memory(LONGEST_PATH);
    checked("ptsname_r", -ptsname_r(master, name, LONGEST_PATH));
    slave = Path.of(name.getString(0));
    Memory termios = new Memory(TERMIOS_BYTES);
    checked("tcgetattr", tcgetattr(master, termios));
    cfmakeraw(termios);
    checked("tcsetattr", tcsetattr(master, TCSANOW, termios));
  }

  private static int checked(String call, int result) throws IOException {
    if (result < 0) {
      throw new IOException(call + ": " + Errno.describe(Native.getLastError()));
    }
    return result;
  }

  /** Descriptor of the master, non-blocking. */
  public int master() {
    return master;
  }

  /** The slave's device. */
  public Path slave() {
    return slave;
  }

  private static native int posix_openpt(int flags);

  private static native int grantpt(int fd);

  private static native int unlockpt(int fd);

  private static native int ptsname_r(int fd, Pointer name, long length);

  private static native int tcgetattr(int fd, Pointer termios);

  private static native void cfmakeraw(Pointer termios);

  private static native int tcsetattr(int fd, int when, Pointer termios);
}
