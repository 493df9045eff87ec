package com.limiquantix.agent.handlers.internal.jna;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the handlers need of Linux' C library, in Java's terms. Descriptors are plain numbers that
 * the caller closes; every one is made with close-on-exec. All methods may be called by any thread
 * unless they say otherwise; none may be called with a descriptor that another thread may close.
 */
public interface Posix {
  /** Signal numbers, signal(7); the same on x86 and arm. */
  int SIGKILL = 9;

  /** Asks a process to end. */
  int SIGTERM = 15;

  /** Standard flags of access(2): may execute, or search a directory. */
  int X_OK = 1;

  /** Standard flags of access(2): exists. */
  int F_OK = 0;

  /**
   * Makes the calling thread one that {@link #spawn} may be called on: it gets a working directory
   * and an umask of its own (unshare(2), CLONE_FS), the latter 022. Where the system forbids that,
   * commands inherit the process's umask.
   */
  void adoptSpawnThread();

  /**
   * Starts a program in a session of its own, with default signal dispositions, no blocked signals,
   * standard input from /dev/null and no descriptor above 2. Blocks until the program has been
   * executed, which a file system that does not answer can delay for ever.
   *
   * @return the process id; the caller reaps it with {@link #reap}
   * @throws DirectoryException if the working directory cannot be entered
   * @throws PosixException as execve(2), clone(2)
   */
  int spawn(SpawnPlan plan) throws PosixException, DirectoryException;

  /** A pipe whose read end does not block. */
  Pipe pipe() throws PosixException;

  /** /dev/null, open for writing. */
  int openNull() throws PosixException;

  /** A counter that {@link #poll} can wait for, eventfd(2); it never blocks. */
  int eventFd() throws PosixException;

  /** Makes {@code eventFd} readable. */
  void signalEvent(int eventFd);

  /** Makes {@code eventFd} unreadable again. */
  void clearEvent(int eventFd);

  /** Closes a descriptor; an error is not reported, as the descriptor is gone all the same. */
  void close(int fd);

  /**
   * Reads what is there, without blocking.
   *
   * @return the number of bytes read, 0 at the end; empty if there is nothing now
   */
  OptionalInt read(int fd, byte[] into) throws PosixException;

  /**
   * Waits until one of the first {@code count} descriptors can be read, has an error or has been
   * hung up.
   *
   * @param ready set by this call, one per descriptor
   * @param timeoutMillis -1 waits for ever
   */
  void poll(int[] fds, int count, boolean[] ready, int timeoutMillis) throws PosixException;

  /** A descriptor that is readable once the process has ended, or empty before Linux 5.3. */
  OptionalInt pidfd(int pid);

  /** How a child ended, if it has; the child stays a zombie and keeps its number. */
  Optional<Exit> peekExit(int pid) throws PosixException;

  /** Releases a child that has ended. */
  void reap(int pid);

  /**
   * Sends a signal to a process or, negative, to a process group.
   *
   * @return whether there was such a process
   */
  boolean kill(int pid, int signal);

  /**
   * Sends a signal through a descriptor of {@link #pidfd}, which a reused number cannot mislead.
   */
  boolean killByPidfd(int pidfd, int signal);

  /** The session of a process, or empty if there is no such process. */
  OptionalInt sessionOf(int pid);

  /** Whether access(2) allows {@code mode}: empty if it does, else the error number. */
  OptionalInt access(String path, int mode);

  /** The first bytes of a file, at most {@code limit}; never blocks on a FIFO. */
  byte[] head(String path, int limit) throws PosixException;

  /** The agent's own effective user and group id and its supplementary groups. */
  Identity self() throws PosixException;

  /** The account of that name, as the system's name services know it. */
  Optional<Account> accountByName(String name) throws PosixException;

  /** The account of that user id. */
  Optional<Account> accountById(long uid) throws PosixException;

  /** The id of the group of that name. */
  Optional<Long> groupByName(String name) throws PosixException;

  /** All groups of a user, its primary one included, as initgroups(3) would set them. */
  List<Long> groupsOf(String user, long primaryGroup) throws PosixException;

  /** A pipe's two ends. */
  record Pipe(int readEnd, int writeEnd) {}

  /**
   * How a process ended.
   *
   * @param signaled whether a signal ended it
   * @param value the signal's number, or the exit status, 0 to 255
   */
  record Exit(boolean signaled, int value) {}

  /** Ids of a running process, each 0 to 4294967294. */
  record Identity(long uid, long gid, List<Long> groups) {}

  /** A line of passwd(5). */
  record Account(String name, long uid, long gid, String home, String shell) {}

  /** The working directory could not be entered. */
  final class DirectoryException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int errno;

    DirectoryException(int errno) {
      super("chdir: " + Errno.describe(errno));
      this.errno = errno;
    }

    /** The error number of chdir(2). */
    public int errno() {
      return errno;
    }
  }

  /**
   * A program to start.
   *
   * @param file path of the program, absolute
   * @param argv its arguments, the name it is called by first
   * @param environment {@code NAME=value} each
   * @param directory where it runs, absolute
   * @param stdout descriptor that becomes its standard output
   * @param stderr descriptor that becomes its standard error
   */
  record SpawnPlan(
      String file,
      List<String> argv,
      List<String> environment,
      String directory,
      int stdout,
      int stderr) {
    public SpawnPlan {
      argv = List.copyOf(argv);
      environment = List.copyOf(environment);
    }

    /** Leaves out arguments and environment, which may hold secrets. */
    @Override
    public String toString() {
      return "SpawnPlan[" + file + "]";
    }
  }
}
