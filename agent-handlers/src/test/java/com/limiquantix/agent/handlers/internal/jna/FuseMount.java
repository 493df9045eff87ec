package com.limiquantix.agent.handlers.internal.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A filesystem in user space that knows its size and nothing else, and that can fall silent, as a
 * file server does that is gone. Speaks the kernel's protocol, linux/fuse.h.
 */
public final class FuseMount implements AutoCloseable {
  /** Blocks of the filesystem, of {@link #BLOCK_BYTES} each; half of them are in use. */
  public static final long BLOCKS = 1000;

  public static final int BLOCK_BYTES = 4096;

  static {
    Native.register(FuseMount.class, NativeLibrary.getProcess());
  }

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int MNT_DETACH = 2;
  private static final int REQUEST_BYTES = 128 * 1024;

  private static final int FORGET = 2;
  private static final int STATFS = 17;
  private static final int INIT = 26;
  private static final int INTERRUPT = 36;
  private static final int BATCH_FORGET = 42;

  private static final int HEADER_BYTES = 16;
  private static final int INIT_BYTES = 24;
  private static final int STATFS_BYTES = 80;

  private final Path mountPoint;
  private final int fd;
  private final Thread server;
  private final Object lock = new Object();
  private final List<Long> held = new ArrayList<>();
  private boolean silent;

  private FuseMount(Path mountPoint, int fd) {
    this.mountPoint = mountPoint;
    this.fd = fd;
    server = new Thread(this::serve, "test-fuse");
    server.setDaemon(true);
    server.start();
  }

  private static native int mount(
      byte[] source, byte[] target, byte[] type, long flags, byte[] data);

  private static native int umount2(byte[] target, int flags);

  /** Mounts it; empty where this process may not. */
  public static Optional<FuseMount> at(Path mountPoint) {
    int fd = LibC.open(JnaPosix.cString("/dev/fuse"), O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) {
      return Optional.empty();
    }
    int result =
        mount(
            JnaPosix.cString("test"),
            JnaPosix.cString(mountPoint.toString()),
            JnaPosix.cString("fuse.test"),
            0,
            JnaPosix.cString("fd=" + fd + ",rootmode=40000,user_id=0,group_id=0"));
    if (result != 0) {
      LibC.close(fd);
      return Optional.empty();
    }
    return Optional.of(new FuseMount(mountPoint, fd));
  }

  /** From now on questions for the size stay unanswered. */
  public void fallSilent() {
    synchronized (lock) {
      silent = true;
    }
  }

  /** Waits until a question is unanswered. */
  public void awaitHeld() throws InterruptedException {
    synchronized (lock) {
      long end = System.nanoTime() + 20_000_000_000L;
      while (held.isEmpty()) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new AssertionError("nobody asked");
        }
        lock.wait(left);
      }
    }
  }

  /** Answers what was held, and all that comes. */
  public void answer() {
    List<Long> late;
    synchronized (lock) {
      silent = false;
      late = List.copyOf(held);
      held.clear();
    }
    late.forEach(this::answerStatFs);
  }

  private void serve() {
    try (Memory request = new Memory(REQUEST_BYTES)) {
      while (LibC.read(fd, request, REQUEST_BYTES) > 0) {
        int operation = request.getInt(4);
        long unique = request.getLong(8);
        switch (operation) {
          case INIT -> answerInit(unique, request.getInt(40), request.getInt(44));
          case STATFS -> holdOrAnswer(unique);
          case FORGET, BATCH_FORGET, INTERRUPT -> {}
          default -> reply(unique, -Errno.ENOSYS, new Memory(HEADER_BYTES));
        }
      }
    }
    LibC.close(fd);
  }

  private void holdOrAnswer(long unique) {
    synchronized (lock) {
      if (silent) {
        held.add(unique);
        lock.notifyAll();
        return;
      }
    }
    answerStatFs(unique);
  }

  /** The protocol's version 7.12, whose answer is short and has what is needed here. */
  private void answerInit(long unique, int major, int minor) {
    Memory answer = new Memory(HEADER_BYTES + INIT_BYTES);
    answer.clear();
    answer.setInt(HEADER_BYTES, major);
    answer.setInt(HEADER_BYTES + 4, Math.min(minor, 12));
    answer.setInt(HEADER_BYTES + 20, BLOCK_BYTES);
    reply(unique, 0, answer);
  }

  private void answerStatFs(long unique) {
    Memory answer = new Memory(HEADER_BYTES + STATFS_BYTES);
    answer.clear();
    answer.setLong(HEADER_BYTES, BLOCKS);
    answer.setLong(HEADER_BYTES + 8, BLOCKS / 2);
    answer.setLong(HEADER_BYTES + 16, BLOCKS / 2);
    answer.setInt(HEADER_BYTES + 40, BLOCK_BYTES);
    answer.setInt(HEADER_BYTES + 44, 255);
    answer.setInt(HEADER_BYTES + 48, BLOCK_BYTES);
    reply(unique, 0, answer);
  }

  private void reply(long unique, int error, Memory answer) {
    answer.setInt(0, (int) answer.size());
    answer.setInt(4, error);
    answer.setLong(8, unique);
    LibC.write(fd, answer, answer.size());
    answer.close();
  }

  /** Answers what was held and unmounts it, which ends the server. */
  @Override
  public void close() {
    answer();
    if (umount2(JnaPosix.cString(mountPoint.toString()), MNT_DETACH) != 0) {
      throw new IllegalStateException("umount2: " + Errno.describe(Native.getLastError()));
    }
    try {
      server.join(20_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
