package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.transport.link.UnixSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The directory in which a host keeps one unix socket per virtual machine, named {@code
 * {vm_id}.agent.sock}.
 *
 * <p>A VM's socket is found by its id alone: the one file with exactly that name. Nothing is ever
 * searched, completed or guessed, symbolic links are not followed, and an id cannot name a file
 * outside the directory. Immutable; any thread.
 */
public final class SocketDirectory {
  /** Where the platform keeps the sockets. */
  public static final Path DEFAULT = Path.of("/var/run/limiquantix/vms");

  private static final String SUFFIX = ".agent.sock";

  private static final String SHARED_SUFFIX = ".shared.sock";

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  // inode(7): the bits of st_mode that tell a file's type, and a socket's value of them.
  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;

  private final Path directory;

  /**
   * @param directory where the sockets are; need not exist yet
   */
  public SocketDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * The path that the socket of a VM has, whether it exists or not.
   *
   * @param vmId 1 to 128 of the characters {@code A-Z a-z 0-9 . _ -}, beginning with a letter or a
   *     digit, without two dots in a row
   * @throws IllegalArgumentException if {@code vmId} is not such an id
   */
  public Path pathOf(String vmId) {
    return path(vmId, SUFFIX);
  }

  /**
   * The path of the socket on which the process that holds a VM's channel shares it, whether it
   * exists or not.
   *
   * @param vmId as for {@link #pathOf}
   * @throws IllegalArgumentException if {@code vmId} is not a VM id
   */
  public Path sharedPathOf(String vmId) {
    return path(vmId, SHARED_SUFFIX);
  }

  private Path path(String vmId, String suffix) {
    if (!isId(vmId)) {
      throw new IllegalArgumentException(
          "not a VM id: expected 1 to 128 of the characters A-Z a-z 0-9 . _ -,"
              + " beginning with a letter or a digit, without two dots in a row");
    }
    return directory.resolve(vmId + suffix);
  }

  /**
   * Finds the socket of a VM. That it exists does not mean that anybody listens on it.
   *
   * @param vmId as for {@link #pathOf}
   * @return the path, which named a socket when it was looked at
   * @throws IllegalArgumentException if {@code vmId} is not a VM id
   * @throws IOException if there is no such file, it is not a socket (a symbolic link to one
   *     neither), it cannot be looked at, or its path is too long for a socket address
   */
  public Path find(String vmId) throws IOException {
    Path path = pathOf(vmId);
    if (path.toString().getBytes(StandardCharsets.UTF_8).length > UnixSocket.MAX_PATH_BYTES) {
      throw new IOException(
          "the path "
              + path
              + " has more than the "
              + UnixSocket.MAX_PATH_BYTES
              + " bytes that a unix socket"
              + " address can hold; use a shorter id or directory");
    }
    int mode;
    try {
      mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "there is no socket " + path + "; check the id, and that the VM runs on this host", e);
    } catch (IOException e) {
      throw new IOException("cannot look at " + path + ": " + reason(e), e);
    }
    if ((mode & S_IFMT) != S_IFSOCK) {
      throw new IOException(path + " is not a socket and is not used; remove what was put there");
    }
    return path;
  }

  /**
   * The ids of all VMs that have a socket here, sorted. Files that are no sockets, or whose names
   * are not those of a VM's socket, are passed over.
   *
   * @throws IOException if there is no such directory or it cannot be read
   */
  public List<String> ids() throws IOException {
    List<String> ids = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        String id = name.substring(0, name.length() - SUFFIX.length());
        if (isId(id) && isSocket(file)) {
          ids.add(id);
        }
      }
    } catch (NoSuchFileException e) {
      throw new IOException("there is no directory " + directory, e);
    } catch (DirectoryIteratorException e) {
      throw new IOException("cannot read " + directory + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IOException("cannot read " + directory + ": " + reason(e), e);
    }
    Collections.sort(ids);
    return ids;
  }

  private static boolean isId(String text) {
    return ID.matcher(text).matches() && !text.contains("..");
  }

  private static boolean isSocket(Path file) throws IOException {
    try {
      int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return (mode & S_IFMT) == S_IFSOCK;
    } catch (NoSuchFileException e) {
      // Its VM has ended since the directory was read.
      return false;
    }
  }

  private static String reason(IOException e) {
    return e instanceof AccessDeniedException
        ? "permission denied; use an account that may read the directory"
        : e.getClass().getSimpleName();
  }
}
