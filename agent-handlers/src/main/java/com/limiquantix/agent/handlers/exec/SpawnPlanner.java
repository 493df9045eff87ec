package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.exec.Accounts.Target;
import com.limiquantix.agent.handlers.internal.jna.Errno;
import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.Posix.Account;
import com.limiquantix.agent.security.policy.ApprovedCommand;
import com.limiquantix.agent.security.policy.CommandRequest;
import com.limiquantix.agent.security.policy.Guard;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns a command into a program, its arguments and its environment, and refuses what cannot work
 * before anything is started. Blocks on file systems and name services.
 *
 * <p>Running as somebody else goes through chroot(8) of coreutils, which leaves the root directory
 * as it is, changes its own ids and executes the program with the rights it then has. It gets ids
 * as numbers and the program as an absolute path, so neither names nor PATH are looked up a second
 * time, and nothing is parsed by a shell.
 */
final class SpawnPlanner {
  private static final String SHELL = "/bin/sh";
  private static final String ROOT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  private static final String USER_PATH = "/usr/local/bin:/usr/bin:/bin";
  private static final List<String> CHROOT =
      List.of("/usr/sbin/chroot", "/usr/bin/chroot", "/sbin/chroot");
  private static final List<String> ENV = List.of("/usr/bin/env", "/bin/env");

  // Exit statuses of chroot(1) and env(1).
  private static final int FAILED_ITSELF = 125;
  private static final int NOT_EXECUTED = 126;
  private static final int NOT_FOUND = 127;

  private final Posix posix;
  private final Guard guard;
  private final Accounts accounts;
  private final ProgramFinder finder;

  SpawnPlanner(Posix posix, Guard guard) {
    this.posix = posix;
    this.guard = guard;
    accounts = new Accounts(posix);
    finder = new ProgramFinder(posix);
  }

  /**
   * What to spawn. To be closed once that is done.
   *
   * @param program path of the command's program, for messages
   * @param file path of the program to spawn: that one, or chroot
   * @param indirect whether another program executes the command's
   * @param approved holds the program that policy has judged; null where it judges none
   */
  record Plan(
      String program,
      String file,
      List<String> argv,
      List<String> environment,
      String directory,
      boolean indirect,
      @Nullable ApprovedCommand approved)
      implements AutoCloseable {
    @Override
    public String toString() {
      return "Plan[" + program + "]";
    }

    @Override
    public void close() {
      if (approved != null) {
        approved.close();
      }
    }
  }

  Plan plan(CommandSpec spec) throws StatusException {
    requireTexts(spec);
    Target target = accounts.resolve(spec.user(), spec.group(), spec.supplementaryGroups());
    if (guard.restrictsUsers()) {
      accounts.requireAllowed(target, guard);
    }
    String directory = directory(spec, target.account());
    Map<String, String> environment = defaults(target.account());
    environment.putAll(spec.environment());
    if (guard.judgesCommands()) {
      return judged(spec, target, directory, environment);
    }

    String program = SHELL;
    List<String> argv = new ArrayList<>();
    if (spec.isShell()) {
      argv.addAll(List.of(SHELL, "-c", spec.command()));
    } else {
      program = finder.find(spec.command(), environment.getOrDefault("PATH", ""), directory);
      argv.add(spec.command());
      argv.addAll(spec.args());
    }
    if (!target.change()) {
      return new Plan(program, program, argv, pairs(environment), directory, false, null);
    }
    finder.requireKnownFormat(program);
    argv.set(0, program);
    return indirect(program, argv, environment, directory, target, null);
  }

  /** The plan for the file that policy has judged, and for no other of that name. */
  private Plan judged(
      CommandSpec spec, Target target, String directory, Map<String, String> environment)
      throws StatusException {
    String path = environment.getOrDefault("PATH", "");
    ApprovedCommand approved =
        guard.approve(
            new CommandRequest(
                spec.command(),
                spec.args(),
                spec.isShell(),
                spec.environment(),
                directory,
                program -> finder.find(program, path, directory)));
    try {
      String program = approved.program();
      List<String> argv = new ArrayList<>(approved.argv());
      if (!target.change()) {
        return new Plan(
            program, approved.file(), argv, pairs(environment), directory, false, approved);
      }
      finder.requireKnownFormat(program);
      argv.set(0, program);
      return indirect(program, argv, environment, directory, target, approved);
    } catch (StatusException | RuntimeException e) {
      approved.close();
      throw e;
    }
  }

  /** Why the plan's program could not be executed. */
  Status explain(Plan plan, int errno) {
    // What is too long for chroot is what the command got.
    return plan.indirect() && errno != Errno.E2BIG
        ? ExecFailures.other("chroot, which run_as_user needs, cannot be started", errno)
        : finder.explain(plan.program(), errno);
  }

  private Plan indirect(
      String program,
      List<String> argv,
      Map<String, String> environment,
      String directory,
      Target target,
      @Nullable ApprovedCommand approved)
      throws StatusException {
    List<String> chain = new ArrayList<>();
    chain.add(tool(CHROOT));
    // The plus says that what follows is a number, whatever accounts are named.
    chain.add("--userspec=+" + target.account().uid() + ":+" + target.gid());
    chain.add(
        "--groups="
            + target.groups().stream().map(group -> "+" + group).collect(Collectors.joining(",")));
    chain.add("--skip-chdir");
    chain.add("/");
    Map<String, String> late = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : environment.entrySet()) {
      if (steersLoader(entry.getKey())) {
        late.put(entry.getKey(), entry.getValue());
      }
    }
    if (!late.isEmpty()) {
      if (program.indexOf('=') >= 0) {
        throw ExecFailures.invalid(
                "command \""
                    + program
                    + "\" has a = in its path, which run_as_user cannot combine"
                    + " with environment variables of the loader (LD_…)")
            .asException();
      }
      environment.keySet().removeAll(late.keySet());
      chain.add(tool(ENV));
      chain.addAll(pairs(late));
    }
    chain.addAll(argv);
    return new Plan(program, chain.get(0), chain, pairs(environment), directory, true, approved);
  }

  /**
   * Whether a variable makes the C library load or read files of its choice, as those do that
   * ld.so(8) drops in secure-execution mode. chroot starts as root, so it must not see them: they
   * are set by env(1) once the ids have changed.
   */
  private static boolean steersLoader(String name) {
    return name.startsWith("LD_")
        || name.startsWith("GLIBC_")
        || name.startsWith("MALLOC_")
        || switch (name) {
          case "GCONV_PATH",
              "GETCONF_DIR",
              "HOSTALIASES",
              "LANGUAGE",
              "LOCALDOMAIN",
              "LOCPATH",
              "NIS_PATH",
              "NLSPATH",
              "RESOLV_HOST_CONF",
              "RES_OPTIONS",
              "TZDIR" ->
              true;
          default -> false;
        };
  }

  private String tool(List<String> places) throws StatusException {
    for (String place : places) {
      if (posix.access(place, Posix.X_OK).isEmpty()) {
        return place;
      }
    }
    throw Status.FAILED_PRECONDITION
        .withDescription(
            "run_as_user and run_as_group need "
                + places.get(0)
                + " in the guest: install GNU coreutils")
        .asException();
  }

  private String directory(CommandSpec spec, Account account) throws StatusException {
    String directory = spec.directory();
    if (directory != null) {
      if (!directory.startsWith("/")) {
        throw ExecFailures.invalid(
                "working_directory \"" + directory + "\" must be an absolute path")
            .asException();
      }
      finder.requireDirectory(directory);
      return directory;
    }
    boolean home =
        spec.user() != null
            && account.home().startsWith("/")
            && posix.access(account.home() + "/.", Posix.X_OK).isEmpty();
    return home ? account.home() : "/";
  }

  private static Map<String, String> defaults(Account account) {
    String name = account.name().isEmpty() ? Long.toString(account.uid()) : account.name();
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PATH", account.uid() == 0 ? ROOT_PATH : USER_PATH);
    environment.put("HOME", account.home().isEmpty() ? "/" : account.home());
    environment.put("USER", name);
    environment.put("LOGNAME", name);
    environment.put("SHELL", account.shell().isEmpty() ? SHELL : account.shell());
    environment.put("LANG", "C.UTF-8");
    return environment;
  }

  private static List<String> pairs(Map<String, String> environment) {
    List<String> pairs = new ArrayList<>(environment.size());
    for (Map.Entry<String, String> entry : environment.entrySet()) {
      pairs.add(entry.getKey() + "=" + entry.getValue());
    }
    return pairs;
  }

  private static void requireTexts(CommandSpec spec) throws StatusException {
    if (spec.command().isEmpty()) {
      throw ExecFailures.invalid("command must not be empty").asException();
    }
    requireNoNul("command", spec.command());
    for (int i = 0; i < spec.args().size(); i++) {
      requireNoNul("args[" + i + "]", spec.args().get(i));
    }
    for (Map.Entry<String, String> entry : spec.environment().entrySet()) {
      String name = entry.getKey();
      if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
        throw ExecFailures.invalid(
                "environment has a name that is empty or contains = or a NUL character")
            .asException();
      }
      requireNoNul("environment value of " + name, entry.getValue());
    }
    requireNoNul("working_directory", spec.directory() == null ? "" : spec.directory());
    requireNoNul("run_as_user", spec.user() == null ? "" : spec.user());
    requireNoNul("run_as_group", spec.group() == null ? "" : spec.group());
  }

  private static void requireNoNul(String what, String text) throws StatusException {
    if (text.indexOf('\0') >= 0) {
      throw ExecFailures.invalid(what + " contains a NUL character").asException();
    }
  }

  /**
   * Why a command that was to run indirectly never ran.
   *
   * @param exit exit status of chroot or env: 127 is "not found", 126 "found but not executed"
   * @param message what it wrote
   */
  static Status indirectFailure(Plan plan, int exit, String message) {
    if (exit == NOT_FOUND) {
      return ExecFailures.program(plan.program(), Errno.ENOENT);
    }
    if (exit == NOT_EXECUTED) {
      // Its format is known to be right, so what is left are too many arguments and permission.
      return message.contains("Argument list too long")
          ? ExecFailures.program(plan.program(), Errno.E2BIG)
          : Status.PERMISSION_DENIED.withDescription(
              "command \"" + plan.program() + "\" may not be executed by that user");
    }
    return Status.FAILED_PRECONDITION.withDescription(
        "the guest's chroot could not change to that user and group: it must be the one of GNU"
            + " coreutils 8.23 or later, and the agent needs the right to change ids (CAP_SETUID,"
            + " CAP_SETGID, CAP_SYS_CHROOT)");
  }

  /**
   * Whether an exit status may be that of chroot or env itself: theirs, and those of other makes of
   * them that do not understand their arguments.
   */
  static boolean mayBeIndirectFailure(int exit) {
    return exit == 1 || exit == FAILED_ITSELF || exit == NOT_EXECUTED || exit == NOT_FOUND;
  }
}
