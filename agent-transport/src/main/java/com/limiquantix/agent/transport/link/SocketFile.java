package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * The file of a listening socket. Two processes that start at the same moment never both believe
 * that the path is theirs, and a socket that somebody listens on is never lost.
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

  /**
   * Binds {@code number} to {@code path} and listens.
   *
   * <p>Linux gives a socket file the mode of its descriptor less the umask, so fchmod before bind
   * makes it 0600 from its first moment, without the process-wide umask and without a name that
   * {@code ss -x} would show instead of the path.
   */
  static SocketFile listen(Posix posix, int number, Path path, int backlog) throws IOException {
    byte[] address = UnixSocket.address(path);
    removeStale(posix, path);
    check(path, "set the mode of its socket", posix.changeMode(number, MODE));
    int bound = posix.bindUnix(number, address);
    if (bound == -Errno.EADDRINUSE) {
      throw inUse(path, "another process took it at this very moment");
    }
    check(path, "bind", bound);
    SocketFile file = new SocketFile(path, keyOf(path));
    try {
      check(path, "listen", posix.listen(number, backlog));
      // Between bind and listen our socket looked stale to others.
      if (!file.isStillOurs()) {
        throw inUse(path, "another process replaced it at this very moment");
      }
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

  private static Object keyOf(Path path) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return Objects.requireNonNull(attributes.fileKey());
  }

  /** Makes way if what is at {@code path} is a socket that nobody listens on. */
  private static void removeStale(Posix posix, Path path) throws IOException {
    int number = posix.openPath(UnixSocket.address(path));
    if (number == -Errno.ENOENT) {
      return;
    }
    check(path, "look at what is there", number);
    Fd found = new Fd(posix, number);
    try {
      requireStale(posix, path, number);
      moveAway(posix, path, number);
    } finally {
      found.close();
    }
  }

  /** {@code number} is the very file, so whatever happens at the path cannot mislead this. */
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
   * Takes the stale socket out of the way under another name and looks again: between the first
   * look and now its owner may have begun to listen, or the path may have become another's.
   */
  private static void moveAway(Posix posix, Path path, int number) throws IOException {
    Object stale = Files.readAttributes(exact(number), BasicFileAttributes.class).fileKey();
    Path aside =
        path.resolveSibling(
            path.getFileName() + ".stale-" + ProcessHandle.current().pid() + "-" + number);
    try {
      Files.move(path, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return; // its owner has removed it
    }
    try {
      if (!keyOf(aside).equals(stale)) {
        throw inUse(path, "another process replaced it at this very moment");
      }
      requireStale(posix, path, number);
    } catch (IOException e) {
      Files.createLink(path, aside);
      throw e;
    } finally {
      Files.deleteIfExists(aside);
    }
  }

  private static Path exact(int number) {
    return Path.of("/proc/self/fd/" + number);
  }

  private boolean isStillOurs() {
    try {
      return key.equals(keyOf(path));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Removes the file if it is still ours. To be called while the socket is open: until then its
   * inode number cannot belong to another file, and nobody takes it for stale.
   *
   * @throws IOException if it is ours and cannot be removed
   */
  void remove() throws IOException {
    if (isStillOurs()) {
      Files.deleteIfExists(path);
    }
  }
}
