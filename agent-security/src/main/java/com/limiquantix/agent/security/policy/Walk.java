package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes a path component by component, each from the held descriptor of the one before, and reads
 * links instead of following them. So it is known where the path leads, and nobody can make it lead
 * elsewhere afterwards: not by swapping a link, nor by renaming. What a magic link of /proc holds
 * is taken as text like any other link. For one thread.
 */
final class Walk {
  /** What to do when the last component is a link. */
  enum Last {
    FOLLOWED,
    ITSELF
  }

  /** As many as Linux follows, path_resolution(7). */
  private static final int MAX_LINKS = 40;

  /** Bounds the descriptors that one walk holds. */
  private static final int MAX_DEPTH = 128;

  private static final int MAX_PATH = 4096;

  /** A directory on the way. */
  private record Step(int descriptor, String name, FileStatus status) {}

  private final FileCalls calls;
  private final Last last;
  private final boolean trustedLinksOnly;
  private final Deque<String> ahead = new ArrayDeque<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<Place.Name> names = new ArrayList<>();
  private int links;
  private boolean mustBeDirectory;

  private Walk(FileCalls calls, Last last, boolean trustedLinksOnly) {
    this.calls = calls;
    this.last = last;
    this.trustedLinksOnly = trustedLinksOnly;
  }

  /**
   * Where a path leads.
   *
   * @param path absolute
   * @throws FileCallException as open(2); ENOENT only if a directory on the way is missing
   */
  static Place to(FileCalls calls, String path, Last last) throws FileCallException {
    return new Walk(calls, last, false).run(path);
  }

  /**
   * Where a rule's path leads. A link that somebody but root and this process's user could have
   * made is not followed but taken as what is meant.
   */
  static Place ofRule(FileCalls calls, String path, Last last) throws FileCallException {
    return new Walk(calls, last, true).run(path);
  }

  private Place run(String path) throws FileCallException {
    if (path.length() > MAX_PATH) {
      throw new FileCallException("open", FileCallException.ENAMETOOLONG);
    }
    enqueue(path);
    int root = calls.root();
    try {
      steps.add(new Step(root, "", calls.status(root)));
    } catch (FileCallException e) {
      calls.close(root);
      throw e;
    }
    try {
      while (!ahead.isEmpty()) {
        Place found = step(ahead.remove());
        if (found != null) {
          return found;
        }
      }
      return directory();
    } finally {
      for (Step step : steps) {
        calls.close(step.descriptor());
      }
    }
  }

  /** Puts the components of a path before those that are left. */
  private void enqueue(String path) {
    String[] parts = path.split("/", -1);
    boolean end = ahead.isEmpty();
    for (int i = parts.length - 1; i >= 0; i--) {
      if (!parts[i].isEmpty() && !parts[i].equals(".")) {
        ahead.addFirst(parts[i]);
      }
    }
    String tail = parts[parts.length - 1];
    mustBeDirectory |= end && (tail.isEmpty() || tail.equals(".") || tail.equals(".."));
  }

  private @Nullable Place step(String name) throws FileCallException {
    Step here = steps.get(steps.size() - 1);
    if (name.equals("..")) {
      if (steps.size() > 1) {
        calls.close(here.descriptor());
        steps.remove(steps.size() - 1);
      }
      return null;
    }
    if (name.indexOf('\0') >= 0) {
      throw new FileCallException("open", FileCallException.EINVAL);
    }
    boolean isLast = ahead.isEmpty();
    int descriptor;
    try {
      descriptor = calls.place(here.descriptor(), name);
    } catch (FileCallException e) {
      if (e.errno() == FileCallException.ENOENT && isLast) {
        note(name);
        return missing(name);
      }
      throw e;
    }
    boolean kept = false;
    try {
      FileStatus status = calls.status(descriptor);
      if (isLast) {
        note(name);
      }
      boolean end = isLast && !mustBeDirectory;
      if (status.isLink() && !(end && last == Last.ITSELF) && mayFollow()) {
        distrustNames();
        follow(calls.link(descriptor));
        return null;
      }
      Place place = enter(here, name, descriptor, status, end);
      kept = true;
      return place;
    } finally {
      if (!kept) {
        calls.close(descriptor);
      }
    }
  }

  /** Goes into a directory, or ends at what is none; the descriptor is taken over. */
  private @Nullable Place enter(
      Step here, String name, int descriptor, FileStatus status, boolean end)
      throws FileCallException {
    if (!status.isDirectory()) {
      if (!end) {
        throw new FileCallException("open", FileCallException.ENOTDIR);
      }
      return place(here, name, descriptor, status, steps.size());
    }
    if (steps.size() >= MAX_DEPTH) {
      throw new FileCallException("open", FileCallException.ENAMETOOLONG);
    }
    steps.add(new Step(descriptor, name, status));
    return null;
  }

  /** A name under which the end is known, and whether root alone decides what it stands for. */
  private void note(String name) {
    names.add(new Place.Name(pathOf(steps.size()), name, isRootOnly(steps.size())));
  }

  /** Through a link that others than root can change, no name before it says where it ends. */
  private void distrustNames() {
    if (!isRootOnly(steps.size())) {
      names.replaceAll(name -> new Place.Name(name.directory(), name.name(), false));
    }
  }

  private boolean mayFollow() {
    if (!trustedLinksOnly) {
      return true;
    }
    FileStatus directory = steps.get(steps.size() - 1).status();
    return directory.isOnlyWritableBy(calls.user());
  }

  private void follow(String target) throws FileCallException {
    links++;
    if (links > MAX_LINKS) {
      throw new FileCallException("open", FileCallException.ELOOP);
    }
    if (target.isEmpty()) {
      throw new FileCallException("open", FileCallException.ENOENT);
    }
    if (target.startsWith("/")) {
      while (steps.size() > 1) {
        calls.close(steps.remove(steps.size() - 1).descriptor());
      }
    }
    enqueue(target);
  }

  /** The path led to a directory, which is the last step. */
  private Place directory() throws FileCallException {
    int count = steps.size();
    Step self = steps.get(count - 1);
    if (count == 1) {
      return new Place(
          calls, null, "", reopenPlace(self.descriptor()), self.status(), "/", names, true, ids(1));
    }
    Step above = steps.get(count - 2);
    int own = reopenPlace(self.descriptor());
    try {
      return place(above, self.name(), own, self.status(), count - 1);
    } catch (FileCallException e) {
      calls.close(own);
      throw e;
    }
  }

  private Place missing(String name) throws FileCallException {
    return place(steps.get(steps.size() - 1), name, null, null, steps.size());
  }

  /**
   * @param depth how many steps are above the end
   */
  private Place place(
      Step above, String name, @Nullable Integer descriptor, @Nullable FileStatus status, int depth)
      throws FileCallException {
    int parent = reopenPlace(above.descriptor());
    List<FileStatus.Id> ids = ids(depth);
    if (status != null) {
      ids.add(status.id());
    }
    String directory = pathOf(depth);
    return new Place(
        calls,
        parent,
        name,
        descriptor,
        status,
        (directory.equals("/") ? "" : directory) + "/" + name,
        names,
        isRootOnly(depth),
        ids);
  }

  /** A descriptor of its own for a directory that the walk will let go. */
  private int reopenPlace(int descriptor) throws FileCallException {
    return calls.place(descriptor, ".");
  }

  private List<FileStatus.Id> ids(int depth) {
    List<FileStatus.Id> ids = new ArrayList<>();
    for (Step step : steps.subList(0, depth)) {
      ids.add(step.status().id());
    }
    return ids;
  }

  private boolean isRootOnly(int depth) {
    for (Step step : steps.subList(0, depth)) {
      if (!step.status().isOnlyWritableBy(0)) {
        return false;
      }
    }
    return true;
  }

  private String pathOf(int depth) {
    StringBuilder path = new StringBuilder();
    for (Step step : steps.subList(1, depth)) {
      path.append('/').append(step.name());
    }
    return path.length() == 0 ? "/" : path.toString();
  }
}
