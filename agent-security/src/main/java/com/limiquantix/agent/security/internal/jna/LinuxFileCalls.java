package com.limiquantix.agent.security.internal.jna;

import com.limiquantix.agent.security.policy.FileStatus;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** {@link FileCalls} over JNA for 64-bit Linux with glibc 2.28 or musl 1.2. */
public final class LinuxFileCalls implements FileCalls {
  private static final int O_PATH = 0x200000;
  private static final int O_CLOEXEC = 0x80000;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int AT_REMOVEDIR = 0x200;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_REPLACE = 0;

  // asm-generic/unistd.h; the same on all architectures since Linux 5.0.
  private static final long SYS_OPENAT2 = 437;

  // linux/openat2.h
  private static final long NO_MAGICLINKS = 0x02;
  private static final long NO_SYMLINKS = 0x04;
  private static final long BENEATH = 0x08;
  private static final int OPEN_HOW_BYTES = 24;

  // linux/stat.h: STATX_BASIC_STATS, and offsets within struct statx.
  private static final int BASIC_STATS = 0x7ff;
  private static final int STATX_BYTES = 256;
  private static final int MAX_LINK = 4096;

  // struct dirent of glibc and musl on 64-bit systems: d_type follows d_reclen, d_name d_type.
  private static final int DIRENT_NAME = 19;

  private static final byte[] NOTHING = {0};

  // O_DIRECTORY and O_NOFOLLOW are the two that differ: arm and powerpc have their own.
  private final int directoryFlag;
  private final int noFollowFlag;
  private final boolean openat2;

  private LinuxFileCalls(boolean openat2) {
    boolean own =
        Platform.ARCH.startsWith("aarch64")
            || Platform.ARCH.startsWith("arm")
            || Platform.ARCH.startsWith("ppc");
    directoryFlag = own ? 0x4000 : 0x10000;
    noFollowFlag = own ? 0x8000 : 0x20000;
    this.openat2 = openat2;
  }

  /**
   * The C library of this process.
   *
   * @param openat2 whether to use openat2(2) where the kernel has it; tests do without
   * @throws UnsupportedOperationException unless this is 64-bit Linux whose C library has statx
   */
  public static LinuxFileCalls open(boolean openat2) {
    if (!Platform.isLinux() || Native.POINTER_SIZE != 8) {
      throw new UnsupportedOperationException(
          "judging paths needs 64-bit Linux, this is " + Platform.RESOURCE_PREFIX);
    }
    try {
      FileLibC.load();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      throw new UnsupportedOperationException(
          "judging paths needs a C library with statx and renameat2 (glibc 2.28, musl 1.2.5)", e);
    }
    return new LinuxFileCalls(openat2);
  }

  @Override
  public int root() throws FileCallException {
    return checked("open", FileLibC.open(text("/"), O_PATH | directoryFlag | O_CLOEXEC, 0));
  }

  @Override
  public int place(int directory, String name) throws FileCallException {
    int flags = O_PATH | noFollowFlag | O_CLOEXEC;
    return checked("openat", FileLibC.openat(directory, text(name), flags, 0));
  }

  @Override
  public OptionalInt placeWithoutLinks(int directory, String path) throws FileCallException {
    if (!openat2) {
      return OptionalInt.empty();
    }
    try (Memory how = new Memory(OPEN_HOW_BYTES);
        Memory name = new Memory(text(path).length)) {
      byte[] bytes = text(path);
      name.write(0, bytes, 0, bytes.length);
      // With O_NOFOLLOW a link at the end would be what is opened.
      how.setLong(0, O_PATH | O_CLOEXEC);
      how.setLong(8, 0);
      how.setLong(16, NO_MAGICLINKS | NO_SYMLINKS | BENEATH);
      long fd = FileLibC.syscall(SYS_OPENAT2, directory, name, how, OPEN_HOW_BYTES);
      if (fd >= 0) {
        return OptionalInt.of((int) fd);
      }
      int errno = Native.getLastError();
      return switch (errno) {
        // EPERM is what seccomp filters older than the call answer.
        case FileCallException.ELOOP,
            FileCallException.EXDEV,
            FileCallException.ENOSYS,
            FileCallException.EPERM,
            FileCallException.EINVAL ->
            OptionalInt.empty();
        default -> throw new FileCallException("openat2", errno);
      };
    }
  }

  @Override
  public int open(int directory, String name, int flags, int mode) throws FileCallException {
    int all = flags | noFollowFlag | O_CLOEXEC | O_NOCTTY;
    int fd = checked("openat", FileLibC.openat(directory, text(name), all, mode));
    if ((flags & O_CREAT) != 0) {
      try {
        mode(fd, mode);
      } catch (FileCallException e) {
        close(fd);
        throw e;
      }
    }
    return fd;
  }

  @Override
  public int reopen(int place, int flags) throws FileCallException {
    byte[] path = text("/proc/self/fd/" + place);
    return checked("open", FileLibC.open(path, flags | O_CLOEXEC | O_NOCTTY, 0));
  }

  @Override
  public FileStatus status(int descriptor) throws FileCallException {
    try (Memory buffer = new Memory(STATX_BYTES)) {
      checked("statx", FileLibC.statx(descriptor, NOTHING, AT_EMPTY_PATH, BASIC_STATS, buffer));
      int mode = buffer.getShort(28) & 0xffff;
      long device = ((long) buffer.getInt(136) << 32) | Integer.toUnsignedLong(buffer.getInt(140));
      return new FileStatus(
          kind(mode),
          mode & 07777,
          Integer.toUnsignedLong(buffer.getInt(20)),
          Integer.toUnsignedLong(buffer.getInt(24)),
          buffer.getLong(40),
          Instant.ofEpochSecond(buffer.getLong(112), buffer.getInt(120)),
          Integer.toUnsignedLong(buffer.getInt(16)),
          new FileStatus.Id(device, buffer.getLong(32)));
    }
  }

  private static FileStatus.Kind kind(int mode) {
    return switch (mode & 0170000) {
      case 0100000 -> FileStatus.Kind.FILE;
      case 0040000 -> FileStatus.Kind.DIRECTORY;
      case 0120000 -> FileStatus.Kind.LINK;
      case 0010000 -> FileStatus.Kind.FIFO;
      case 0140000 -> FileStatus.Kind.SOCKET;
      case 0020000 -> FileStatus.Kind.CHARACTER_DEVICE;
      case 0060000 -> FileStatus.Kind.BLOCK_DEVICE;
      default -> FileStatus.Kind.OTHER;
    };
  }

  @Override
  public String link(int descriptor) throws FileCallException {
    return readLink(descriptor, NOTHING);
  }

  @Override
  public String kernelPath(int descriptor) throws FileCallException {
    return readLink(-1, text("/proc/self/fd/" + descriptor));
  }

  private static String readLink(int directory, byte[] path) throws FileCallException {
    try (Memory buffer = new Memory(MAX_LINK)) {
      long length = FileLibC.readlinkat(directory, path, buffer, MAX_LINK);
      if (length < 0) {
        throw new FileCallException("readlinkat", Native.getLastError());
      }
      if (length == MAX_LINK) {
        throw new FileCallException("readlinkat", FileCallException.ENAMETOOLONG);
      }
      return new String(buffer.getByteArray(0, (int) length), StandardCharsets.UTF_8);
    }
  }

  @Override
  public byte[] head(int place, int limit) throws FileCallException {
    int fd = reopen(place, O_RDONLY | O_NONBLOCK);
    try (Memory buffer = new Memory(limit)) {
      long count = FileLibC.read(fd, buffer, limit);
      if (count < 0) {
        throw new FileCallException("read", Native.getLastError());
      }
      return buffer.getByteArray(0, (int) count);
    } finally {
      close(fd);
    }
  }

  @Override
  public List<String> names(int directory, int limit) throws FileCallException {
    int fd = reopen(directory, O_RDONLY | directoryFlag);
    Pointer stream = FileLibC.fdopendir(fd);
    if (stream == null) {
      int errno = Native.getLastError();
      close(fd);
      throw new FileCallException("fdopendir", errno);
    }
    try {
      List<String> names = new ArrayList<>();
      while (names.size() < limit) {
        Native.setLastError(0);
        Pointer entry = FileLibC.readdir(stream);
        if (entry == null) {
          if (Native.getLastError() != 0) {
            throw new FileCallException("readdir", Native.getLastError());
          }
          break;
        }
        String name = entry.getString(DIRENT_NAME, "UTF-8");
        if (!name.equals(".") && !name.equals("..")) {
          names.add(name);
        }
      }
      return names;
    } finally {
      FileLibC.closedir(stream);
    }
  }

  @Override
  public void makeDirectory(int directory, String name, int mode) throws FileCallException {
    checked("mkdirat", FileLibC.mkdirat(directory, text(name), mode));
  }

  @Override
  public void unlink(int directory, String name, boolean isDirectory) throws FileCallException {
    checked("unlinkat", FileLibC.unlinkat(directory, text(name), isDirectory ? AT_REMOVEDIR : 0));
  }

  @Override
  public void rename(int from, String name, int to, String newName, boolean replace)
      throws FileCallException {
    int flags = replace ? RENAME_REPLACE : RENAME_NOREPLACE;
    checked("renameat2", FileLibC.renameat2(from, text(name), to, text(newName), flags));
  }

  @Override
  public void owner(int descriptor, long uid, long gid) throws FileCallException {
    checked("fchown", FileLibC.fchown(descriptor, (int) uid, (int) gid));
  }

  @Override
  public void mode(int descriptor, int mode) throws FileCallException {
    checked("fchmod", FileLibC.fchmod(descriptor, mode));
  }

  @Override
  public void sync(int descriptor) throws FileCallException {
    checked("fsync", FileLibC.fsync(descriptor));
  }

  @Override
  public void close(int descriptor) {
    FileLibC.close(descriptor);
  }

  @Override
  public long user() {
    return Integer.toUnsignedLong(FileLibC.geteuid());
  }

  private static int checked(String call, int result) throws FileCallException {
    if (result < 0) {
      throw new FileCallException(call, Native.getLastError());
    }
    return result;
  }

  private static byte[] text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }
}
