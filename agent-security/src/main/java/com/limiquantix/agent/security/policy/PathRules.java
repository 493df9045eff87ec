package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which files and trees may be read and changed, judged by where a path has led. Thread-safe; what
 * it remembers are the files that its entries once stood for.
 */
final class PathRules {
  private final Lists read;
  private final Lists write;
  private final Map<String, FileStatus.Id> seen = new ConcurrentHashMap<>();

  /**
   * The lists for one kind of access.
   *
   * @param allowKey the key that {@code allow} comes from
   * @param allow null allows all that is not denied
   */
  private record Lists(
      String allowKey, @Nullable List<String> allow, String denyKey, List<String> deny) {
    boolean isOpen() {
      return allow == null && deny.isEmpty();
    }
  }

  private PathRules(Lists read, Lists write) {
    this.read = read;
    this.write = write;
  }

  static PathRules of(PolicySettings settings) {
    boolean open = settings.profile() == Profile.OPEN;
    return new PathRules(
        new Lists(
            "security.allow_file_read_paths",
            allowed(settings.allowFileReadPaths(), open),
            "security.deny_file_read_paths",
            paths(settings.denyFileReadPaths())),
        new Lists(
            "security.allow_file_write_paths",
            allowed(settings.allowFileWritePaths(), open),
            "security.deny_file_write_paths",
            paths(settings.denyFileWritePaths())));
  }

  private static @Nullable List<String> allowed(List<String> entries, boolean open) {
    return entries.isEmpty() && open ? null : paths(entries);
  }

  private static List<String> paths(List<String> entries) {
    return entries.stream().map(Paths::withoutEnd).toList();
  }

  /** Whether no path at all may be accessed so. */
  boolean forbidsAll(Access access) {
    List<String> allow = (access == Access.READ ? read : write).allow();
    return allow != null && allow.isEmpty();
  }

  /** Whether every path may be accessed in every way. */
  boolean isOpen() {
    return read.isOpen() && write.isOpen();
  }

  /** Whether every path may be accessed so. */
  boolean isOpen(Access access) {
    return switch (access) {
      case READ -> read.isOpen();
      case WRITE -> write.isOpen();
      case MOVE -> isOpen();
    };
  }

  /** An entry with where it leads at this moment. */
  private record Resolved(String entry, String path, FileStatus.@Nullable Id id) {}

  /**
   * Why a place may not be accessed, as key and entry; empty if it may.
   *
   * @throws FileCallException if an entry can't be followed at all, such as for lack of descriptors
   */
  Optional<String> refusal(FileCalls calls, Place place, Access access) throws FileCallException {
    String path = place.path().equals("/") ? "" : place.path();
    return refusal(calls, path, place.ids(), access);
  }

  /**
   * The same for a place that is known by path and files.
   *
   * @param path without a slash at its end
   * @param ids the directories above and itself, as far as they exist
   */
  Optional<String> refusal(FileCalls calls, String path, List<FileStatus.Id> ids, Access access)
      throws FileCallException {
    if (isOpen(access)) {
      return Optional.empty();
    }
    Map<String, Resolved> resolved = new HashMap<>();
    Optional<String> refusal = Optional.empty();
    if (access != Access.WRITE) {
      refusal = refusal(calls, read, path, ids, resolved);
    }
    if (access != Access.READ && refusal.isEmpty()) {
      refusal = refusal(calls, write, path, ids, resolved);
    }
    if (access != Access.READ && refusal.isEmpty()) {
      refusal = holdsDenied(calls, write, path, resolved);
    }
    if (access == Access.MOVE && refusal.isEmpty()) {
      refusal = holdsDenied(calls, read, path, resolved);
    }
    return refusal;
  }

  private Optional<String> refusal(
      FileCalls calls,
      Lists lists,
      String path,
      List<FileStatus.Id> ids,
      Map<String, Resolved> resolved)
      throws FileCallException {
    for (String entry : lists.deny()) {
      Resolved rule = resolve(calls, entry, resolved);
      if (Paths.isWithin(path, entry)
          || Paths.isWithin(path, rule.path())
          || (rule.id() != null && ids.contains(rule.id()))) {
        return Optional.of(lists.denyKey() + ": names " + shown(entry));
      }
    }
    List<String> allow = lists.allow();
    if (allow == null) {
      return Optional.empty();
    }
    for (String entry : allow) {
      if (Paths.isWithin(path, resolve(calls, entry, resolved).path())) {
        return Optional.empty();
      }
    }
    return Optional.of(lists.allowKey() + ": has no entry that holds this path");
  }

  /** Whoever moves or removes a directory does so to all that is denied below it. */
  private Optional<String> holdsDenied(
      FileCalls calls, Lists lists, String path, Map<String, Resolved> resolved)
      throws FileCallException {
    for (String entry : lists.deny()) {
      if (Paths.isWithin(resolve(calls, entry, resolved).path(), path)) {
        return Optional.of(lists.denyKey() + ": names " + shown(entry) + ", which lies below");
      }
    }
    return Optional.empty();
  }

  private static String shown(String entry) {
    return entry.isEmpty() ? "/" : entry;
  }

  /**
   * What an entry stands for. While its name is gone it stands for the file that had it, so that
   * renaming what is denied opens nothing.
   */
  private Resolved resolve(FileCalls calls, String entry, Map<String, Resolved> resolved)
      throws FileCallException {
    Resolved known = resolved.get(entry);
    if (known != null) {
      return known;
    }
    String path = entry;
    FileStatus.Id id = seen.get(entry);
    try (Place place = Walk.ofRule(calls, entry.isEmpty() ? "/" : entry, Walk.Last.FOLLOWED)) {
      path = place.path().equals("/") ? "" : place.path();
      FileStatus status = place.status();
      if (status != null) {
        id = status.id();
        seen.put(entry, id);
      }
    } catch (FileCallException e) {
      if (e.errno() == FileCallException.EMFILE) {
        throw e;
      }
      // A directory on its way is missing or is none: the entry stands for its text alone.
    }
    Resolved rule = new Resolved(entry, path, id);
    resolved.put(entry, rule);
    return rule;
  }

  /** Looks up what the denying entries stand for, so that it is known before anybody renames it. */
  void remember(FileCalls calls) throws FileCallException {
    Map<String, Resolved> resolved = new HashMap<>();
    List<String> all = new ArrayList<>(read.deny());
    all.addAll(write.deny());
    for (String entry : all) {
      resolve(calls, entry, resolved);
    }
  }
}
