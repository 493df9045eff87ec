package com.limiquantix.agent.app.internal.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * posix_spawn(3) and waitpid(2) with nothing around them: the least that running a program costs on
 * this machine, and so what other ways are measured by. Not thread-safe.
 */
public final class PlainSpawn {
  private static final int EINTR = 4;

  private final Memory path;
  private final Memory argv = new Memory(2L * Native.POINTER_SIZE);
  private final Memory envp = new Memory(Native.POINTER_SIZE);
  private final Memory pid = new Memory(Integer.BYTES);
  private final Memory status = new Memory(Integer.BYTES);

  /**
   * @param program its path; it is run without arguments and environment
   * @throws UnsupportedOperationException unless this is Linux
   */
  public PlainSpawn(String program) {
    if (!Platform.isLinux()) {
      throw new UnsupportedOperationException(
          "posix_spawn is measured on Linux only; this is " + System.getProperty("os.name"));
    }
    path = new Memory(Native.toByteArray(program, "UTF-8").length);
    path.setString(0, program, "UTF-8");
    argv.setPointer(0, path);
    argv.setPointer(Native.POINTER_SIZE, null);
    envp.setPointer(0, null);
  }

  /** The functions, bound when one of them is called first. */
  private static final class Libc {
    static {
      Native.register(Libc.class, NativeLibrary.getProcess());
    }

    private Libc() {}

    static native int posix_spawn(
        Pointer pid,
        Pointer path,
        @Nullable Pointer actions,
        @Nullable Pointer attributes,
        Pointer argv,
        Pointer envp);

    static native int waitpid(int pid, Pointer status, int options);
  }

  /**
   * Runs the program and waits for its end.
   *
   * @throws IllegalStateException if it can't be run or ends with something else than 0
   */
  public void run() {
    int errno = Libc.posix_spawn(pid, path, null, null, argv, envp);
    if (errno != 0) {
      throw new IllegalStateException("posix_spawn failed with errno " + errno);
    }
    int child = pid.getInt(0);
    while (Libc.waitpid(child, status, 0) != child) {
      if (Native.getLastError() != EINTR) {
        throw new IllegalStateException("waitpid failed with errno " + Native.getLastError());
      }
    }
    if (status.getInt(0) != 0) {
      throw new IllegalStateException("the program ended with status " + status.getInt(0));
    }
  }
}
