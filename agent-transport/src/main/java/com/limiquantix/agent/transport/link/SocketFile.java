package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * The file of a listening socket. A lock file beside it, there only while a listener begins, lets
 * one process at a time look whether the path is free, take it and listen: without that, a socket
 * which is bound but does not listen yet looks stale to the next.
 */
final class SocketFile {
  /** Owner only. */
  private static final int MODE = 0600;

  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;

  private final Path path;
  private final Object key;

  private SocketFile(Path path, Object key) {
    this.path = path;
    this.key = key;
  }

  /** Binds {@code number} to {@code path} and listens. */
  static SocketFile listen(Posix posix, int number, Path path, int backlog) throws IOException {
    byte[] address = UnixSocket.address(path);
    Path lockFile = Path.of(path + ".lock");
    int opened = posix.openLockFile(UnixSocket.encode(lockFile));
    check(path, "open its lock file", opened);
    Fd lock = new Fd(posix, opened);
    try {
      acquire(posix, path, lockFile, opened);
      try {
        return listenAlone(posix, number, path, address, backlog);
      } finally {
        Files.deleteIfExists(lockFile);
      }
    } finally {
      lock.close();
    }
  }

  private static void acquire(Posix posix, Path path, Path lockFile, int number)
      throws IOException {
    int locked = posix.tryLock(number);
    // A holder removes the file while it has the lock, so only the lock on the file that is there
    // now counts.
    if (locked == -Errno.EAGAIN
        || !Files.exists(lockFile)
        || !keyOf(exact(number)).equals(keyOf(lockFile, LinkOption.NOFOLLOW_LINKS))) {
      throw inUse(path, "another process begins to listen there at this very moment");
    }
    check(path, "lock its lock file", locked);
  }

  /**
   * Linux gives a socket file the mode of its descriptor less the umask, so fchmod before bind
   * makes it 0600 from its first moment: no process-wide umask, and no other name that {@code ss
   * -x} would show instead of the path.
   */
  private static SocketFile listenAlone(
      Posix posix, int number, Path path, byte[] address, int backlog) throws IOException {
    removeStale(posix, path, address);
    check(path, "set the mode of its socket", posix.changeMode(number, MODE));
    int bound = posix.bindUnix(number, address);
    if (bound == -Errno.EADDRINUSE) {
      throw inUse(path, "another process took it at this very moment");
    }
    check(path, "bind", bound);
    SocketFile file = new SocketFile(path, keyOf(path, LinkOption.NOFOLLOW_LINKS));
    try {
      check(path, "listen", posix.listen(number, backlog));
      return file;
    } catch (IOException e) {
      file.remove();
      throw e;
    }
  }

  private static void check(Path path, String what, int result) throws IOException {
    if (result < 0) {
      throw new IOException(
          "Cannot listen on "
              + path
              + ": cannot "
              + what
              + ": "
              + Errno.describe(-result)
              + "; the directory must exist and be writable for this user");
    }
  }

  private static IOException inUse(Path path, String why) {
    return new IOException(
        "Cannot listen on " + path + ": " + why + "; stop that process or choose another path");
  }

  /** Identity of a file: device and inode. */
  private static Object keyOf(Path file, LinkOption... options) throws IOException {
    return Objects.requireNonNull(
        Files.readAttributes(file, BasicFileAttributes.class, options).fileKey());
  }

  /** The file behind an open descriptor, whatever happens to its path (proc(5)). */
  private static Path exact(int number) {
    return Path.of("/proc/self/fd/" + number);
  }

  /** Removes what is at {@code path} if it is a socket that nobody listens on. */
  private static void removeStale(Posix posix, Path path, byte[] address) throws IOException {
    int number = posix.openPath(address);
    if (number == -Errno.ENOENT) {
      return;
    }
    check(path, "look at what is there", number);
    Fd found = new Fd(posix, number);
    try {
      requireStale(posix, path, number);
      if (!keyOf(exact(number)).equals(keyOf(path, LinkOption.NOFOLLOW_LINKS))) {
        throw inUse(path, "another process replaced its socket at this very moment");
      }
      Files.delete(path);
    } finally {
      found.close();
    }
  }

  private static void requireStale(Posix posix, Path path, int number) throws IOException {
    Path exact = exact(number);
    int mode = (Integer) Files.getAttribute(exact, "unix:mode");
    if ((mode & S_IFMT) != S_IFSOCK) {
      throw new FileAlreadyExistsException(
          path.toString(), null, "is not a socket; move it away or choose another path");
    }
    int probe = posix.unixSocket();
    check(path, "make a socket", probe);
    Fd prober = new Fd(posix, probe);
    try {
      int result =
          UnixSocket.connect(posix, probe, exact.toString().getBytes(StandardCharsets.US_ASCII));
      if (result == 0 || result == -Errno.EAGAIN) {
        throw inUse(path, "somebody listens there already");
      }
      if (result != -Errno.ECONNREFUSED) {
        throw inUse(path, "cannot tell whether it is in use: " + Errno.describe(-result));
      }
    } finally {
      prober.close();
    }
  }

  /**
   * Removes the file if it is still ours. To be called while the socket is open: until then its
   * inode number cannot belong to another file, and nobody takes it for stale.
   *
   * @throws IOException if it is ours and cannot be removed
   */
  void remove() throws IOException {
    boolean ours;
    try {
      ours = key.equals(keyOf(path, LinkOption.NOFOLLOW_LINKS));
    } catch (IOException e) {
      return; // removed by another
    }
    if (ours) {
      Files.deleteIfExists(path);
    }
  }
}
