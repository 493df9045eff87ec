package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which programs may be run, judged by the file that is executed and the names that led to it. */
final class CommandRules {
  static final String ALLOWLIST = "security.command_allowlist";
  static final String BLOCKLIST = "security.command_blocklist";

  private final @Nullable List<CommandEntry> allow;
  private final List<CommandEntry> block;
  private final boolean shell;

  private CommandRules(
      @Nullable List<CommandEntry> allow, List<CommandEntry> block, boolean shell) {
    this.allow = allow;
    this.block = block;
    this.shell = shell;
  }

  static CommandRules of(PolicySettings settings) {
    List<String> entries = settings.commandAllowlist();
    boolean all = entries.isEmpty() && settings.profile() == Profile.OPEN;
    return new CommandRules(
        all ? null : entries.stream().map(CommandEntry::of).toList(),
        settings.commandBlocklist().stream().map(CommandEntry::of).toList(),
        settings.allowShell());
  }

  /** Whether no program may be run. */
  boolean forbidsAll() {
    return allow != null && allow.isEmpty();
  }

  /** Whether every program may be run. */
  boolean allowsAll() {
    return allow == null && block.isEmpty();
  }

  boolean hasAllowlist() {
    return allow != null;
  }

  boolean hasBlocklist() {
    return !block.isEmpty();
  }

  /** Whether lines may be handed to the shell, as far as lists allow it. */
  boolean allowsShell() {
    return shell;
  }

  /**
   * A name under which a program is listed.
   *
   * @param path where the name is, without links
   */
  record Listed(CommandEntry entry, String path) {}

  /** The entry of the allowlist that stands for a program with these arguments. */
  Optional<Listed> listed(FileCalls calls, Place program, List<String> args)
      throws FileCallException {
    if (allow == null) {
      return Optional.empty();
    }
    for (CommandEntry entry : allow) {
      if (!entry.matches(args) || !mayBeNamed(entry, program)) {
        continue;
      }
      String path = placeOf(calls, entry);
      for (Place.Name name : program.names()) {
        if (name.rootOnly() && isNamed(entry, path, name.path())) {
          return Optional.of(new Listed(entry, name.path()));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The entry of the blocklist that stands for a program with these arguments.
   *
   * @param called the name it is called by, which decides what some programs do
   * @param args null if they are not known
   */
  Optional<CommandEntry> blocked(
      FileCalls calls, Place program, String called, @Nullable List<String> args)
      throws FileCallException {
    for (CommandEntry entry : block) {
      if (args != null && !entry.matches(args)) {
        continue;
      }
      String path = placeOf(calls, entry);
      for (Place.Name name : program.names()) {
        if (isNamed(entry, path, name.path())) {
          return Optional.of(entry);
        }
      }
      if (isSameFile(calls, entry, program, called)) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  /**
   * Spares the look at files for entries of other programs: no link changes an entry's last name.
   */
  private static boolean mayBeNamed(CommandEntry entry, Place program) {
    if (entry.tree()) {
      return true;
    }
    String last = lastOf(entry.path());
    for (Place.Name name : program.names()) {
      if (name.name().equals(last)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNamed(CommandEntry entry, String path, String name) {
    return entry.tree()
        ? Paths.isWithin(name, path) && name.length() > path.length()
        : name.equals(path);
  }

  /** Where an entry's name is: links in its folder are followed, a link of that name is not. */
  private static String placeOf(FileCalls calls, CommandEntry entry) throws FileCallException {
    Walk.Last last = entry.tree() ? Walk.Last.FOLLOWED : Walk.Last.ITSELF;
    String path = entry.path().isEmpty() ? "/" : entry.path();
    try (Place place = Walk.ofRule(calls, path, last)) {
      return place.path().equals("/") ? "" : place.path();
    } catch (FileCallException e) {
      if (e.errno() == FileCallException.EMFILE) {
        throw e;
      }
      return entry.path();
    }
  }

  /**
   * Whether an entry's file is this one under whatever name: a hard link, a bind mount. A name that
   * is a link to a program of many names, as {@code reboot} is to {@code systemctl}, stands for
   * that program only when it is called so.
   */
  private static boolean isSameFile(
      FileCalls calls, CommandEntry entry, Place program, String called) throws FileCallException {
    FileStatus status = program.status();
    String path = entry.path().isEmpty() ? "/" : entry.path();
    try (Place place = Walk.to(calls, path, Walk.Last.FOLLOWED)) {
      FileStatus blocked = place.status();
      if (blocked == null || status == null) {
        return false;
      }
      if (entry.tree()) {
        return program.ids().contains(blocked.id());
      }
      boolean link = place.names().size() > 1;
      return blocked.id().equals(status.id())
          && (!link || lastOf(called).equals(lastOf(entry.path())));
    } catch (FileCallException e) {
      if (e.errno() == FileCallException.EMFILE) {
        throw e;
      }
      return false;
    }
  }

  private static String lastOf(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
