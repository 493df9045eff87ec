package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.CallFacts;
import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import com.limiquantix.agent.security.internal.jna.LinuxFileCalls;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * The way from a path of a request to a file. A path is gone component by component from held
 * descriptors, so it is judged by where it leads and what is opened is what was judged, whatever
 * others rename or link meanwhile. Any thread; every method may block on the file system.
 *
 * <pre>{@code
 * try (GuardedPath file = guard.at("/srv/data/report", Access.WRITE)) {
 *   try (PendingFile pending = file.replace(0640)) {
 *     pending.channel().write(content);
 *     pending.commit(true);
 *   }
 * }
 * }</pre>
 */
public final class PathGuard {
  private final FileCalls calls;
  private final Supplier<PathRules> rules;

  PathGuard(FileCalls calls, Supplier<PathRules> rules) {
    this.calls = calls;
    this.rules = rules;
  }

  /**
   * A guard with a policy that does not change.
   *
   * @throws UnsupportedOperationException unless this is 64-bit Linux with a C library that has
   *     statx
   */
  public static PathGuard of(Policy policy) {
    PathRules fixed = policy.paths();
    return new PathGuard(LinuxFileCalls.open(true), () -> fixed);
  }

  /**
   * Where a path leads, links followed to the end; what it leads to need not exist.
   *
   * @param path absolute; dots, doubled slashes and links are gone through as the system does
   * @throws StatusException PERMISSION_DENIED with rule and key if policy refuses the access;
   *     NOT_FOUND if a directory on the way is missing; INVALID_ARGUMENT for what is no absolute
   *     path; FAILED_PRECONDITION, RESOURCE_EXHAUSTED as the system says
   */
  public GuardedPath at(String path, Access access) throws StatusException {
    return at(path, access, Walk.Last.FOLLOWED);
  }

  /** The same, but a link at the end of the path is what is meant, not where it leads. */
  public GuardedPath linkAt(String path, Access access) throws StatusException {
    return at(path, access, Walk.Last.ITSELF);
  }

  private GuardedPath at(String path, Access access, Walk.Last last) throws StatusException {
    CallFacts.current().subject(new CallFacts.Subject(CallFacts.Kind.PATH, path));
    requireAbsolute(path);
    PathRules current = rules.get();
    try {
      Place place = walk(current, path, last);
      try {
        judge(current, path, place, access);
        return new GuardedPath(calls, current, path, place, access);
      } catch (StatusException | FileCallException | RuntimeException e) {
        place.close();
        throw e;
      }
    } catch (FileCallException e) {
      // Whether there is something must not be told of what may not be looked at.
      requireAllowedText(current, path, access);
      throw PathFailures.of(path, e);
    }
  }

  private static void requireAbsolute(String path) throws StatusException {
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw Status.INVALID_ARGUMENT
          .withDescription("\"" + path.replace('\0', '?') + "\" is not an absolute path")
          .asException();
    }
  }

  /** Without rules a path without links needs no look at each directory. */
  private Place walk(PathRules current, String path, Walk.Last last) throws FileCallException {
    if (current.isOpen() && !path.endsWith("/") && !path.contains("/.")) {
      Optional<Place> place = direct(Paths.withoutEnd(path));
      if (place.isPresent()) {
        return place.get();
      }
    }
    return Walk.to(calls, path, last);
  }

  private Optional<Place> direct(String path) throws FileCallException {
    int slash = path.lastIndexOf('/');
    if (slash <= 0) {
      return Optional.empty();
    }
    int root = calls.root();
    try {
      OptionalInt parent = calls.placeWithoutLinks(root, path.substring(1, slash));
      if (parent.isEmpty()) {
        return Optional.empty();
      }
      return direct(parent.getAsInt(), path, path.substring(slash + 1));
    } finally {
      calls.close(root);
    }
  }

  private Optional<Place> direct(int parent, String path, String name) throws FileCallException {
    boolean kept = false;
    try {
      int descriptor;
      try {
        descriptor = calls.place(parent, name);
      } catch (FileCallException e) {
        if (e.errno() != FileCallException.ENOENT || !calls.status(parent).isDirectory()) {
          throw e;
        }
        kept = true;
        return Optional.of(
            new Place(calls, parent, name, null, null, path, List.of(), false, List.of()));
      }
      FileStatus status = statusOrClose(descriptor);
      if (status.isLink()) {
        calls.close(descriptor);
        return Optional.empty();
      }
      kept = true;
      return Optional.of(
          new Place(calls, parent, name, descriptor, status, path, List.of(), false, List.of()));
    } finally {
      if (!kept) {
        calls.close(parent);
      }
    }
  }

  private FileStatus statusOrClose(int descriptor) throws FileCallException {
    try {
      return calls.status(descriptor);
    } catch (FileCallException e) {
      calls.close(descriptor);
      throw e;
    }
  }

  private void judge(PathRules current, String asked, Place place, Access access)
      throws FileCallException, StatusException {
    if (current.isOpen(access)) {
      return;
    }
    Optional<String> refusal = current.refusal(calls, place, access);
    if (refusal.isEmpty()) {
      refusal = refusalByKernel(current, place, access);
    }
    if (refusal.isPresent()) {
      throw Refusals.of("\"" + asked + "\"", refusal.get());
    }
  }

  /** A directory that was renamed while the path was gone is somewhere else now. */
  private Optional<String> refusalByKernel(PathRules current, Place place, Access access)
      throws FileCallException {
    Integer held = place.parent();
    if (held == null) {
      return Optional.empty();
    }
    String now = calls.kernelPath(held);
    String path = (now.equals("/") ? "" : now) + "/" + place.name();
    return path.equals(place.path())
        ? Optional.empty()
        : current.refusal(calls, path, place.ids(), access);
  }

  private void requireAllowedText(PathRules current, String path, Access access)
      throws StatusException {
    try {
      Optional<String> refusal = current.refusal(calls, Paths.normalized(path), List.of(), access);
      if (refusal.isPresent()) {
        throw Refusals.of("\"" + path + "\"", refusal.get());
      }
    } catch (FileCallException e) {
      throw PathFailures.of(path, e);
    }
  }
}
