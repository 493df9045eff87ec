package com.limiquantix.agent.handlers.internal.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** posix_spawn(3) and waitpid(2) with nothing around them: what other ways are measured by. */
public final class PlainSpawn {
  static {
    Native.register(PlainSpawn.class, NativeLibrary.getProcess());
  }

  private final Memory path = new Memory(16);
  private final Memory argv = new Memory(16);
  private final Memory envp = new Memory(8);
  private final Memory out = new Memory(8);

  public PlainSpawn() {
    path.setString(0, "/bin/true");
    argv.setPointer(0, path);
    argv.setLong(8, 0);
    envp.setLong(0, 0);
  }

  private static native int posix_spawn(
      Pointer pid,
      Pointer path,
      @Nullable Pointer actions,
      @Nullable Pointer attributes,
      Pointer argv,
      Pointer envp);

  private static native int waitpid(int pid, Pointer status, int options);

  /** Runs /bin/true and waits for its end. */
  public void run() {
    int errno = posix_spawn(out, path, null, null, argv, envp);
    if (errno != 0 || waitpid(out.getInt(0), out.share(4), 0) < 0 || out.getInt(4) != 0) {
      throw new IllegalStateException("errno " + errno + ", status " + out.getInt(4));
    }
  }
}
