package com.limiquantix.agent.app.internal.jna;

import com.sun.jna.Native;

/** The heap of the C library, which the JVM's compiler and buffers live in. */
public final class NativeHeap {
  private NativeHeap() {}

  /**
   * Gives unused memory back to the system (malloc_trim(3)). May take some milliseconds. With a C
   * library that has no such call, as musl has none, it does nothing.
   */
  public static void trim() {
    try {
      Calls.malloc_trim(0);
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      // Then nothing can be given back, and nobody could do anything about it.
      return;
    }
  }

  /** Bound at the first use. */
  private static final class Calls {
    static {
      Native.register("c");
    }

    private Calls() {}

    static native int malloc_trim(long padBytes);
  }
}
