package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A place in the file system that policy has let through for one kind of {@link Access}, held by
 * descriptors of the file and of its directory. What is done here is done to what was judged; no
 * path is looked up again. For one thread; to be closed. Failures are statuses as {@link
 * PathGuard#at} names them; what another access would have had to be asked for is an
 * IllegalStateException.
 */
public final class GuardedPath implements AutoCloseable {
  /**
   * What a directory holds.
   *
   * @param status the entry's own, links not followed
   */
  public record Entry(String name, FileStatus status) {}

  private static final int MAX_DEPTH = 128;

  /** About 6 MiB of names. */
  private static final int MAX_NAMES = 65_536;

  private static final int REMOVED_AT_ONCE = 1024;

  private final FileCalls calls;
  private final PathRules rules;
  private final String asked;
  private final Place place;
  private final Access access;

  GuardedPath(FileCalls calls, PathRules rules, String asked, Place place, Access access) {
    this.calls = calls;
    this.rules = rules;
    this.asked = asked;
    this.place = place;
    this.access = access;
  }

  /** What was not judged is not done: a mistake of the caller, not of the host. */
  private void require(Access needed) {
    if (access != needed && access != Access.MOVE) {
      throw new IllegalStateException("the path is held for " + access + ", not for " + needed);
    }
  }

  /** Where the path led: absolute, without links, dots and doubled slashes. */
  public String path() {
    return place.path();
  }

  /** Facts as of when the path was gone; empty if there is nothing of that name. */
  public Optional<FileStatus> status() {
    return Optional.ofNullable(place.status());
  }

  /** What the link that is held says; it may lead anywhere. FAILED_PRECONDITION if it is none. */
  public String linkTarget() throws StatusException {
    if (!existing().isLink()) {
      throw failed("is not a link");
    }
    try {
      return calls.link(descriptor());
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  /**
   * Opens the file for reading, at its beginning. Only regular files have contents here: devices,
   * pipes and sockets are refused with FAILED_PRECONDITION.
   */
  public FileChannel openRead() throws StatusException {
    require(Access.READ);
    requireContent(Access.READ);
    return open(Set.of(StandardOpenOption.READ));
  }

  /**
   * Opens the existing file to change it in place, without emptying it. A file with several names
   * is refused under rules for writing: the others may be elsewhere.
   */
  public FileChannel openWrite() throws StatusException {
    require(Access.WRITE);
    FileStatus status = requireContent(Access.WRITE);
    if (!rules.isOpen(Access.WRITE) && status.links() > 1) {
      throw Refusals.of(
          "\"" + asked + "\"",
          "security.allow_file_write_paths, security.deny_file_write_paths: it has several names"
              + " (hard links)");
    }
    return open(Set.of(StandardOpenOption.WRITE));
  }

  /**
   * Begins a file that takes this place, whole, once it is committed: nobody ever sees a part of
   * it. Until then it is a hidden file in the same directory.
   *
   * @param mode permissions, whatever the umask
   */
  public PendingFile replace(int mode) throws StatusException {
    require(Access.WRITE);
    FileStatus now = place.status();
    if (now != null && !now.isRegular() && !now.isLink()) {
      throw failed(now.isDirectory() ? "is a directory" : "is not a regular file");
    }
    return PendingFile.begin(calls, asked, parent(), place.name(), mode);
  }

  /** Makes a directory here. ALREADY_EXISTS if there is something of that name. */
  public void makeDirectory(int mode) throws StatusException {
    require(Access.WRITE);
    try {
      calls.makeDirectory(parent(), place.name(), mode);
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  /**
   * What the directory holds, without {@code .} and {@code ..} and without what may not be read. A
   * directory of more than 65,536 names fails with RESOURCE_EXHAUSTED.
   *
   * @param limit the most entries to return, in the order of the file system
   */
  public List<Entry> list(int limit) throws StatusException {
    require(Access.READ);
    requireDirectory();
    try {
      List<String> names = calls.names(descriptor(), MAX_NAMES + 1);
      if (names.size() > MAX_NAMES) {
        throw Status.RESOURCE_EXHAUSTED
            .withDescription(
                "\"" + asked + "\" holds more than " + MAX_NAMES + " names: list it by a command")
            .asException();
      }
      List<Entry> entries = new ArrayList<>();
      for (String name : names) {
        if (entries.size() == limit) {
          break;
        }
        Optional<FileStatus> status = childStatus(descriptor(), name);
        if (status.isPresent() && isAllowed(path(), name, status.get(), Access.READ)) {
          entries.add(new Entry(name, status.get()));
        }
      }
      return entries;
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  /** Removes a file, a link itself, or an empty directory. */
  public void remove() throws StatusException {
    require(Access.WRITE);
    try {
      calls.unlink(parent(), place.name(), existing().isDirectory());
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  /**
   * Removes a directory with all that is in it; links are removed, never followed. What may not be
   * changed stays and makes the call fail with PERMISSION_DENIED.
   */
  public void removeAll() throws StatusException {
    require(Access.WRITE);
    if (!existing().isDirectory()) {
      remove();
      return;
    }
    try {
      empty(descriptor(), path(), 0);
      calls.unlink(parent(), place.name(), true);
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  private void empty(int directory, String path, int depth)
      throws FileCallException, StatusException {
    if (depth == MAX_DEPTH) {
      throw new FileCallException("unlinkat", FileCallException.ENAMETOOLONG);
    }
    List<String> names = calls.names(directory, REMOVED_AT_ONCE);
    while (!names.isEmpty()) {
      empty(directory, path, depth, names);
      names = calls.names(directory, REMOVED_AT_ONCE);
    }
  }

  private void empty(int directory, String path, int depth, List<String> names)
      throws FileCallException, StatusException {
    for (String name : names) {
      int child = calls.place(directory, name);
      try {
        FileStatus status = calls.status(child);
        if (!isAllowed(path, name, status, Access.WRITE)) {
          throw Refusals.of(
              "\"" + asked + "\"", "security.deny_file_write_paths: names part of it");
        }
        if (status.isDirectory()) {
          empty(child, path + "/" + name, depth + 1);
        }
        calls.unlink(directory, name, status.isDirectory());
      } finally {
        calls.close(child);
      }
    }
  }

  /**
   * Gives the file, link or directory the place of {@code target}. This one must be held for {@link
   * Access#MOVE}, the other for {@link Access#WRITE}.
   *
   * @param replace whether something at the target may be replaced; if not, ALREADY_EXISTS
   */
  public void renameTo(GuardedPath target, boolean replace) throws StatusException {
    require(Access.MOVE);
    target.require(Access.WRITE);
    existing();
    try {
      calls.rename(parent(), place.name(), target.parent(), target.place.name(), replace);
    } catch (FileCallException e) {
      throw PathFailures.of(target.asked, e);
    }
  }

  /** Sets permissions of the file or directory; not of a link. */
  public void mode(int mode) throws StatusException {
    require(Access.WRITE);
    try {
      int open = openForFacts();
      try {
        calls.mode(open, mode);
      } finally {
        calls.close(open);
      }
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  /** Sets owner and group of the file or directory; not of a link. */
  public void owner(long uid, long gid) throws StatusException {
    require(Access.WRITE);
    try {
      int open = openForFacts();
      try {
        calls.owner(open, uid, gid);
      } finally {
        calls.close(open);
      }
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  private int openForFacts() throws FileCallException, StatusException {
    FileStatus status = existing();
    if (!status.isRegular() && !status.isDirectory()) {
      throw failed("is neither a file nor a directory");
    }
    return calls.reopen(descriptor(), FileCalls.O_RDONLY | FileCalls.O_NONBLOCK);
  }

  private FileStatus requireContent(Access access) throws StatusException {
    FileStatus status = existing();
    if (!status.isRegular()) {
      throw failed(status.isDirectory() ? "is a directory" : "is not a regular file");
    }
    if (!rules.isOpen(access) && Paths.isWindow(place.path())) {
      throw Refusals.of(
          "\"" + asked + "\"", "it shows memory, and with it what rules for files protect");
    }
    return status;
  }

  private FileChannel open(Set<? extends OpenOption> options) throws StatusException {
    try {
      return FileChannel.open(Path.of("/proc/self/fd/" + descriptor()), options);
    } catch (IOException e) {
      throw Status.PERMISSION_DENIED
          .withDescription("\"" + asked + "\" may not be opened by the agent")
          .withCause(e)
          .asException();
    }
  }

  private void requireDirectory() throws StatusException {
    if (!existing().isDirectory()) {
      throw failed("is not a directory");
    }
  }

  private Optional<FileStatus> childStatus(int directory, String name) throws FileCallException {
    int child;
    try {
      child = calls.place(directory, name);
    } catch (FileCallException e) {
      if (e.errno() == FileCallException.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
    try {
      return Optional.of(calls.status(child));
    } finally {
      calls.close(child);
    }
  }

  private boolean isAllowed(String directory, String name, FileStatus status, Access access)
      throws FileCallException {
    String path = (directory.equals("/") ? "" : directory) + "/" + name;
    return rules.refusal(calls, path, List.of(status.id()), access).isEmpty();
  }

  private FileStatus existing() throws StatusException {
    FileStatus status = place.status();
    if (status == null) {
      throw PathFailures.of(asked, new FileCallException("open", FileCallException.ENOENT));
    }
    return status;
  }

  private int descriptor() throws StatusException {
    Integer descriptor = place.descriptor();
    if (descriptor == null) {
      throw PathFailures.of(asked, new FileCallException("open", FileCallException.ENOENT));
    }
    return descriptor;
  }

  private int parent() throws StatusException {
    Integer parent = place.parent();
    if (parent == null) {
      throw failed("is the root directory");
    }
    return parent;
  }

  private StatusException failed(String why) {
    return Status.FAILED_PRECONDITION.withDescription("\"" + asked + "\" " + why).asException();
  }

  @Override
  public void close() {
    place.close();
  }
}
