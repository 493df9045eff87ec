package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that waits for all commands' output and ends. It starts with the first command;
 * nothing but {@link #execute} may be called by others.
 */
final class CommandLoop {
  private static final Logger log = LoggerFactory.getLogger(CommandLoop.class);
  private static final long POLL_PAUSE_NANOS = 100_000_000;

  /** Something to wait for. */
  interface Source {
    /** The descriptor, the same from {@link #add} to {@link #remove}. */
    int fd();

    /** It can be read. Called again and again until it is read or removed. */
    void ready();
  }

  private final Posix posix;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final List<Source> sources = new ArrayList<>();
  private final Object eventLock = new Object();
  private @Nullable Integer event;
  private boolean closing;

  CommandLoop(Posix posix) {
    this.posix = posix;
  }

  /** Runs {@code task} on the loop's thread, soon and in order; never once the loop has ended. */
  void execute(Runnable task) {
    tasks.add(task);
    synchronized (eventLock) {
      if (event != null) {
        posix.signalEvent(event);
      }
    }
  }

  /**
   * Starts the thread if it does not run yet.
   *
   * @throws PosixException if there is no descriptor left for it
   */
  void ensureStarted() throws PosixException {
    synchronized (eventLock) {
      if (event == null) {
        int opened = posix.eventFd();
        event = opened;
        Thread thread = new Thread(() -> run(opened), "exec-io");
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  /** Lets the thread end once it has nothing left to wait for. */
  void closeWhenIdle() {
    synchronized (eventLock) {
      closing = true;
      if (event != null) {
        posix.signalEvent(event);
      }
    }
  }

  void add(Source source) {
    sources.add(source);
  }

  void remove(Source source) {
    sources.remove(source);
  }

  private void run(int eventFd) {
    int[] fds = new int[8];
    boolean[] ready = new boolean[8];
    while (!mayEnd()) {
      List<Source> waiting = List.copyOf(sources);
      int count = waiting.size() + 1;
      if (count > fds.length) {
        fds = new int[count * 2];
        ready = new boolean[count * 2];
      }
      fds[0] = eventFd;
      for (int i = 1; i < count; i++) {
        fds[i] = waiting.get(i - 1).fd();
      }
      poll(fds, count, ready);
      if (ready[0]) {
        posix.clearEvent(eventFd);
      }
      for (int i = 1; i < count; i++) {
        Source source = waiting.get(i - 1);
        // One that was handled before it may have removed it.
        if (ready[i] && sources.contains(source)) {
          guarded(source::ready);
        }
      }
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        guarded(task);
      }
    }
  }

  private void poll(int[] fds, int count, boolean[] ready) {
    try {
      posix.poll(fds, count, ready, -1);
    } catch (PosixException e) {
      // ENOMEM is the only one left, poll(2): worth another try, but not at once.
      log.error("the commands' descriptors cannot be watched", e);
      Arrays.fill(ready, false);
      LockSupport.parkNanos(POLL_PAUSE_NANOS);
    }
  }

  private boolean mayEnd() {
    synchronized (eventLock) {
      if (!closing || !sources.isEmpty() || !tasks.isEmpty() || event == null) {
        return false;
      }
      posix.close(event);
      event = null;
      return true;
    }
  }

  /** One command's failure must not end the others. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("handling a command failed", e);
    }
  }
}
