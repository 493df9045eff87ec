package com.limiquantix.agent.handlers.internal.jna;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@link Posix} over JNA for 64-bit Linux. */
public final class JnaPosix implements Posix {
  /** What newer systems have; each has a way round, which tests take by hiding it. */
  public enum Feature {
    /** pidfd_open(2), Linux 5.3. */
    PIDFD,
    /** posix_spawn_file_actions_addclosefrom_np, glibc 2.34. */
    CLOSE_FROM,
    /** unshare(2) of the working directory, which some containers forbid. */
    OWN_DIRECTORY
  }

  // asm-generic/fcntl.h and its users; x86-64, aarch64, riscv64, s390x and ppc64 agree.
  private static final int O_WRONLY = 1;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int F_SETFL = 4;
  private static final short POLLIN = 1;

  // asm-generic/unistd.h; the numbers are the same on all architectures since Linux 5.0.
  private static final long SYS_PIDFD_SEND_SIGNAL = 424;
  private static final long SYS_PIDFD_OPEN = 434;

  // spawn.h of glibc and musl.
  private static final short SPAWN_SETSIGDEF = 0x04;
  private static final short SPAWN_SETSIGMASK = 0x08;
  private static final short SPAWN_SETSID = 0x80;

  // Room for posix_spawnattr_t (336 bytes in glibc) and posix_spawn_file_actions_t (80 bytes).
  private static final int SPAWN_STRUCT_BYTES = 512;

  // sched.h
  private static final int CLONE_FS = 0x200;

  // waitid(2), linux/wait.h
  private static final int P_PID = 1;
  private static final int WNOHANG = 1;
  private static final int WEXITED = 4;
  private static final int WNOWAIT = 0x1000000;
  private static final int CLD_EXITED = 1;

  private static final int FIRST_CLOSED = 3;
  private static final int CLOSE_MARGIN = 256;
  private static final int IO_BUFFER_BYTES = 64 * 1024;

  private static final byte[] DEV_NULL = cString("/dev/null");

  private final Set<Feature> hidden;
  private final @Nullable Function addCloseFrom;
  private final @Nullable Function addChdir;
  private final ThreadLocal<Memory> ioBuffer =
      ThreadLocal.withInitial(() -> new Memory(IO_BUFFER_BYTES));
  private final ThreadLocal<Boolean> ownDirectory = ThreadLocal.withInitial(() -> false);

  private final Memory one = new Memory(8);

  private JnaPosix(Set<Feature> hidden) {
    this.hidden = hidden;
    one.setLong(0, 1);
    addCloseFrom =
        hidden.contains(Feature.CLOSE_FROM)
            ? null
            : lookup("posix_spawn_file_actions_addclosefrom_np");
    addChdir = lookup("posix_spawn_file_actions_addchdir_np");
  }

  /**
   * The C library of this process.
   *
   * @param hidden features to do without
   * @throws UnsupportedOperationException unless this is 64-bit Linux
   */
  public static JnaPosix open(Set<Feature> hidden) {
    if (!Platform.isLinux() || Native.POINTER_SIZE != 8) {
      throw new UnsupportedOperationException(
          "commands need 64-bit Linux, this is " + Platform.RESOURCE_PREFIX);
    }
    EnumSet<Feature> copy = EnumSet.noneOf(Feature.class);
    copy.addAll(hidden);
    return new JnaPosix(copy);
  }

  private static @Nullable Function lookup(String symbol) {
    try {
      return NativeLibrary.getProcess().getFunction(symbol);
    } catch (UnsatisfiedLinkError e) {
      return null;
    }
  }

  @Override
  public void adoptSpawnThread() {
    if (hidden.contains(Feature.OWN_DIRECTORY) || LibC.unshare(CLONE_FS) != 0) {
      return;
    }
    ownDirectory.set(true);
    LibC.umask(022);
  }

  @Override
  public int spawn(SpawnPlan plan) throws PosixException, DirectoryException {
    boolean own = ownDirectory.get();
    if (own && LibC.chdir(cString(plan.directory())) != 0) {
      throw new DirectoryException(Native.getLastError());
    }
    try (Memory argv = stringArray(plan.argv());
        Memory envp = stringArray(plan.environment());
        Memory actions = new Memory(SPAWN_STRUCT_BYTES);
        Memory attributes = new Memory(SPAWN_STRUCT_BYTES)) {
      check("posix_spawn_file_actions_init", LibC.posix_spawn_file_actions_init(actions));
      try {
        addActions(actions, plan, own);
        return spawn(plan, argv, envp, actions, attributes);
      } finally {
        LibC.posix_spawn_file_actions_destroy(actions);
      }
    } finally {
      if (own) {
        // The thread must not keep the directory's file system busy.
        LibC.chdir(new byte[] {'/', 0});
      }
    }
  }

  private static int spawn(
      SpawnPlan plan, Memory argv, Memory envp, Memory actions, Memory attributes)
      throws PosixException {
    check("posix_spawnattr_init", LibC.posix_spawnattr_init(attributes));
    try (Memory signals = new Memory(128);
        Memory pid = new Memory(4)) {
      signals.clear();
      check("posix_spawnattr_setsigmask", LibC.posix_spawnattr_setsigmask(attributes, signals));
      // All 64, with the two that sigfillset(3) leaves out and glibc would set to be ignored.
      signals.setLong(0, -1L);
      check(
          "posix_spawnattr_setsigdefault", LibC.posix_spawnattr_setsigdefault(attributes, signals));
      short flags = SPAWN_SETSID | SPAWN_SETSIGDEF | SPAWN_SETSIGMASK;
      check("posix_spawnattr_setflags", LibC.posix_spawnattr_setflags(attributes, flags));
      check(
          "posix_spawn",
          LibC.posix_spawn(pid, cString(plan.file()), actions, attributes, argv, envp));
      return pid.getInt(0);
    } finally {
      LibC.posix_spawnattr_destroy(attributes);
    }
  }

  private void addActions(Memory actions, SpawnPlan plan, boolean own) throws PosixException {
    if (!own) {
      if (addChdir == null) {
        throw new PosixException("posix_spawn_file_actions_addchdir_np", Errno.ENOSYS);
      }
      check(
          "posix_spawn_file_actions_addchdir_np",
          addChdir.invokeInt(new Object[] {actions, cString(plan.directory())}));
    }
    check(
        "posix_spawn_file_actions_addopen",
        LibC.posix_spawn_file_actions_addopen(actions, 0, DEV_NULL, 0, 0));
    check("adddup2", LibC.posix_spawn_file_actions_adddup2(actions, plan.stdout(), 1));
    check("adddup2", LibC.posix_spawn_file_actions_adddup2(actions, plan.stderr(), 2));
    if (addCloseFrom != null) {
      check(
          "posix_spawn_file_actions_addclosefrom_np",
          addCloseFrom.invokeInt(new Object[] {actions, FIRST_CLOSED}));
      return;
    }
    // Closing what is not open is no error to posix_spawn, so a margin covers what other threads
    // open meanwhile: descriptors are given out lowest first.
    int end = highestDescriptor() + CLOSE_MARGIN;
    for (int fd = FIRST_CLOSED; fd < end; fd++) {
      check("addclose", LibC.posix_spawn_file_actions_addclose(actions, fd));
    }
  }

  private static int highestDescriptor() throws PosixException {
    String[] names = new File("/proc/self/fd").list();
    if (names == null) {
      throw new PosixException("/proc/self/fd", Errno.ENOENT);
    }
    int highest = 2;
    for (String name : names) {
      highest = Math.max(highest, Integer.parseInt(name));
    }
    return highest;
  }

  @Override
  public Pipe pipe() throws PosixException {
    try (Memory fds = new Memory(8)) {
      if (LibC.pipe2(fds, O_CLOEXEC) != 0) {
        throw failure("pipe2");
      }
      int readEnd = fds.getInt(0);
      int writeEnd = fds.getInt(4);
      try {
        // A number below 3 would be overwritten by the redirections of the child.
        readEnd = aboveStandard(readEnd);
        writeEnd = aboveStandard(writeEnd);
        if (LibC.fcntl(readEnd, F_SETFL, O_NONBLOCK) != 0) {
          throw failure("fcntl");
        }
        return new Pipe(readEnd, writeEnd);
      } catch (PosixException e) {
        close(readEnd);
        close(writeEnd);
        throw e;
      }
    }
  }

  private static int aboveStandard(int fd) throws PosixException {
    if (fd >= FIRST_CLOSED) {
      return fd;
    }
    int higher = LibC.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_CLOSED);
    if (higher < 0) {
      throw failure("fcntl");
    }
    LibC.close(fd);
    return higher;
  }

  @Override
  public int openNull() throws PosixException {
    int fd = LibC.open(DEV_NULL, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) {
      throw failure("open of /dev/null");
    }
    return aboveStandard(fd);
  }

  @Override
  public int eventFd() throws PosixException {
    int fd = LibC.eventfd(0, O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
      throw failure("eventfd");
    }
    return fd;
  }

  @Override
  public void signalEvent(int eventFd) {
    // Fails only when the counter is full, and then it is readable already.
    LibC.write(eventFd, one, 8);
  }

  @Override
  public void clearEvent(int eventFd) {
    // Fails only when the counter is zero already.
    LibC.read(eventFd, ioBuffer.get(), 8);
  }

  @Override
  public void close(int fd) {
    LibC.close(fd);
  }

  @Override
  public OptionalInt read(int fd, byte[] into) throws PosixException {
    Memory buffer = ioBuffer.get();
    while (true) {
      long count = LibC.read(fd, buffer, Math.min(into.length, IO_BUFFER_BYTES));
      if (count >= 0) {
        buffer.read(0, into, 0, (int) count);
        return OptionalInt.of((int) count);
      }
      int errno = Native.getLastError();
      if (errno == Errno.EAGAIN) {
        return OptionalInt.empty();
      }
      if (errno != Errno.EINTR) {
        throw new PosixException("read", errno);
      }
    }
  }

  @Override
  public void poll(int[] fds, int count, boolean[] ready, int timeoutMillis) throws PosixException {
    Memory buffer = ioBuffer.get();
    if (count * 8L > buffer.size()) {
      throw new IllegalArgumentException("at most " + buffer.size() / 8 + " descriptors: " + count);
    }
    for (int i = 0; i < count; i++) {
      buffer.setInt(i * 8L, fds[i]);
      buffer.setInt(i * 8L + 4, 0);
      buffer.setShort(i * 8L + 4, POLLIN);
    }
    if (LibC.poll(buffer, count, timeoutMillis) < 0) {
      int errno = Native.getLastError();
      if (errno != Errno.EINTR) {
        throw new PosixException("poll", errno);
      }
      for (int i = 0; i < count; i++) {
        ready[i] = false;
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      ready[i] = buffer.getShort(i * 8L + 6) != 0;
    }
  }

  @Override
  public OptionalInt pidfd(int pid) {
    if (hidden.contains(Feature.PIDFD)) {
      return OptionalInt.empty();
    }
    int fd = (int) LibC.syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0);
    return fd < 0 ? OptionalInt.empty() : OptionalInt.of(fd);
  }

  @Override
  public Optional<Exit> peekExit(int pid) throws PosixException {
    try (Memory info = new Memory(128)) {
      info.clear();
      if (LibC.waitid(P_PID, pid, info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        throw failure("waitid");
      }
      // siginfo_t of 64-bit Linux, asm-generic/siginfo.h: si_code at 8, si_pid at 16, si_status 24.
      if (info.getInt(16) == 0) {
        return Optional.empty();
      }
      return Optional.of(new Exit(info.getInt(8) != CLD_EXITED, info.getInt(24)));
    }
  }

  @Override
  public void reap(int pid) {
    try (Memory info = new Memory(128)) {
      LibC.waitid(P_PID, pid, info, WEXITED | WNOHANG);
    }
  }

  @Override
  public boolean kill(int pid, int signal) {
    if (pid == 0 || pid == 1 || pid == -1) {
      throw new IllegalArgumentException("never a target: " + pid);
    }
    return LibC.kill(pid, signal) == 0;
  }

  @Override
  public boolean killByPidfd(int pidfd, int signal) {
    return LibC.syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0) == 0;
  }

  @Override
  public OptionalInt sessionOf(int pid) {
    int session = LibC.getsid(pid);
    return session < 0 ? OptionalInt.empty() : OptionalInt.of(session);
  }

  @Override
  public OptionalInt access(String path, int mode) {
    return LibC.access(cString(path), mode) == 0
        ? OptionalInt.empty()
        : OptionalInt.of(Native.getLastError());
  }

  @Override
  public byte[] head(String path, int limit) throws PosixException {
    int fd = LibC.open(cString(path), O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0) {
      throw failure("open");
    }
    try {
      byte[] buffer = new byte[limit];
      int count = read(fd, buffer).orElse(0);
      return Arrays.copyOf(buffer, count);
    } finally {
      close(fd);
    }
  }

  @Override
  public Identity self() throws PosixException {
    return new Identity(
        Integer.toUnsignedLong(LibC.geteuid()),
        Integer.toUnsignedLong(LibC.getegid()),
        ownGroups());
  }

  private static List<Long> ownGroups() throws PosixException {
    int room = LibC.getgroups(0, null);
    if (room == 0) {
      return List.of();
    }
    try (Memory list = new Memory(4L * Math.max(1, room))) {
      int count = LibC.getgroups(room, list);
      if (count < 0) {
        throw failure("getgroups");
      }
      return NameService.ids(list, count);
    }
  }

  @Override
  public Optional<Account> accountByName(String name) throws PosixException {
    return NameService.accountByName(name);
  }

  @Override
  public Optional<Account> accountById(long uid) throws PosixException {
    return NameService.accountById(uid);
  }

  @Override
  public Optional<Long> groupByName(String name) throws PosixException {
    return NameService.groupByName(name);
  }

  @Override
  public List<Long> groupsOf(String user, long primaryGroup) throws PosixException {
    return NameService.groupsOf(user, primaryGroup);
  }

  /** A NULL-terminated array of pointers, followed by the strings themselves, in one block. */
  private static Memory stringArray(List<String> strings) {
    byte[][] encoded = new byte[strings.size()][];
    long bytes = 8L * (encoded.length + 1);
    for (int i = 0; i < encoded.length; i++) {
      encoded[i] = cString(strings.get(i));
      bytes += encoded[i].length;
    }
    Memory block = new Memory(bytes);
    long at = 8L * (encoded.length + 1);
    for (int i = 0; i < encoded.length; i++) {
      block.setPointer(8L * i, block.share(at));
      block.write(at, encoded[i], 0, encoded[i].length);
      at += encoded[i].length;
    }
    block.setLong(8L * encoded.length, 0);
    return block;
  }

  static byte[] cString(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }

  private static PosixException failure(String call) {
    return new PosixException(call, Native.getLastError());
  }

  private static void check(String call, int errno) throws PosixException {
    if (errno != 0) {
      throw new PosixException(call, errno);
    }
  }
}
