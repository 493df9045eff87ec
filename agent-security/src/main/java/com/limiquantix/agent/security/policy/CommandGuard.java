package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.CallFacts;
import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Judges commands by what will be executed. Any thread; blocks on file systems. */
final class CommandGuard {
  private static final String SHELL = "/bin/sh";
  private static final String SHELL_RULE = "security.allow_shell: false";

  /** As many scripts as Linux lets run one another, binfmt_script. */
  private static final int MAX_INTERPRETERS = 4;

  private final FileCalls calls;
  private final CommandRules rules;

  CommandGuard(FileCalls calls, CommandRules rules) {
    this.calls = calls;
    this.rules = rules;
  }

  /**
   * Lets a command through, or not.
   *
   * @throws StatusException PERMISSION_DENIED with rule and key if policy refuses it; whatever
   *     {@link CommandRequest.Locator} says if there is no such program
   */
  ApprovedCommand approve(CommandRequest request) throws StatusException {
    try {
      if (rules.hasAllowlist()) {
        RequestEnvironment.requireHarmless(calls, request.environment());
      }
      if (!request.shell()) {
        return program(request, request.command(), request.args(), request.command());
      }
      return line(request);
    } catch (FileCallException e) {
      throw failed(e);
    }
  }

  /** A line for the shell: run without it if that is the same. */
  private ApprovedCommand line(CommandRequest request) throws FileCallException, StatusException {
    String line = request.command();
    Optional<List<String>> words = ShellLine.plainWords(line);
    if (words.isPresent() && (rules.hasAllowlist() || !rules.allowsShell())) {
      List<String> all = words.get();
      return program(request, all.get(0), all.subList(1, all.size()), all.get(0));
    }
    if (!rules.allowsShell()) {
      throw refused("a line that only a shell understands", SHELL_RULE);
    }
    return program(request, SHELL, List.of("-c", line), SHELL);
  }

  private ApprovedCommand program(
      CommandRequest request, String command, List<String> args, String called)
      throws FileCallException, StatusException {
    Place place = locate(request.locator().find(command));
    try {
      CallFacts.current().subject(new CallFacts.Subject(CallFacts.Kind.COMMAND, place.path()));
      requireNotBlocked(place, called, args);
      String name = requireListed(place, called, args);
      requireNoShell(place);
      if (rules.hasBlocklist() && KnownPrograms.runArguments(place)) {
        requireNoneBlocked(request, "an argument", args);
      }
      List<String> argv = new ArrayList<>();
      argv.add(name);
      argv.addAll(args);
      return resolved(request, place, argv);
    } catch (FileCallException | StatusException | RuntimeException e) {
      place.close();
      throw e;
    }
  }

  private void requireNoShell(Place place) throws StatusException {
    if (!rules.allowsShell() && KnownPrograms.isShell(calls, place)) {
      throw refused("the shell " + place.path(), SHELL_RULE);
    }
  }

  /** Follows the interpreter lines of scripts to the program that is executed. */
  private ApprovedCommand resolved(CommandRequest request, Place first, List<String> firstArgv)
      throws FileCallException, StatusException {
    Place program = first;
    List<String> argv = firstArgv;
    try {
      for (int depth = 0; ; depth++) {
        Integer descriptor = program.descriptor();
        if (descriptor == null) {
          throw new FileCallException("open", FileCallException.ENOENT);
        }
        Optional<Interpreter> line = Interpreter.of(head(descriptor));
        if (line.isEmpty()) {
          String listed = program == first && rules.hasAllowlist() ? argv.get(0) : null;
          return new ApprovedCommand(program, descriptor, argv, listed);
        }
        if (depth == MAX_INTERPRETERS) {
          throw new FileCallException("exec", FileCallException.ELOOP);
        }
        String script = program == first ? scriptName(first, firstArgv) : program.path();
        argv = interpreted(line.get(), script, argv);
        Place next = interpreter(request, line.get(), argv);
        if (program != first) {
          program.close();
        }
        program = next;
      }
    } catch (FileCallException | StatusException | RuntimeException e) {
      if (program != first) {
        program.close();
      }
      throw e;
    } finally {
      if (program != first) {
        // The script itself is not executed; its name is in the interpreter's arguments.
        first.close();
      }
    }
  }

  /** What the script is told to be: the name it was listed by, else where it was found to be. */
  private String scriptName(Place script, List<String> argv) {
    return rules.hasAllowlist() ? argv.get(0) : script.path();
  }

  private static List<String> interpreted(Interpreter line, String script, List<String> argv) {
    List<String> next = new ArrayList<>();
    String argument = line.argument();
    if (line.isLookUp() && argument != null) {
      next.add(argument);
    } else {
      next.add(line.path());
      if (argument != null) {
        next.add(argument);
      }
    }
    next.add(script);
    next.addAll(argv.subList(1, argv.size()));
    return next;
  }

  private Place interpreter(CommandRequest request, Interpreter line, List<String> argv)
      throws FileCallException, StatusException {
    List<String> args = argv.subList(1, argv.size());
    String path = line.path();
    if (!path.startsWith("/")) {
      if (rules.hasAllowlist()) {
        throw refused("a script whose interpreter has no absolute path", CommandRules.ALLOWLIST);
      }
      path = request.directory() + "/" + path;
    }
    String argument = line.argument();
    if (path.endsWith("/env") && argument != null) {
      try (Place env = locate(path)) {
        requireInterpreter(env, path, args);
      }
      if (line.isLookUp()) {
        path = request.locator().find(argument);
      } else if (rules.hasAllowlist()) {
        throw refused("a script that env(1) has to take apart", CommandRules.ALLOWLIST);
      } else {
        requireNoneBlocked(request, "the script's interpreter", List.of(argument));
      }
    }
    Place place = locate(path);
    try {
      requireInterpreter(place, argv.get(0), args);
      return place;
    } catch (FileCallException | StatusException | RuntimeException e) {
      place.close();
      throw e;
    }
  }

  private void requireInterpreter(Place place, String called, List<String> args)
      throws FileCallException, StatusException {
    requireNotBlocked(place, called, args);
    if (rules.hasAllowlist() && !place.isRootOnly()) {
      throw refused(
          "the script's interpreter " + place.path(),
          CommandRules.ALLOWLIST + ": others than root can change the interpreter");
    }
  }

  private void requireNotBlocked(Place place, String called, List<String> args)
      throws FileCallException, StatusException {
    Optional<CommandEntry> entry = rules.blocked(calls, place, called, args);
    if (entry.isPresent()) {
      throw refused(
          "command " + place.path(), CommandRules.BLOCKLIST + ": names " + entry.get().text());
    }
  }

  /** The name to call a program by: the one it is listed by, so that it does what is listed. */
  private String requireListed(Place place, String called, List<String> args)
      throws FileCallException, StatusException {
    if (!rules.hasAllowlist()) {
      return called;
    }
    Optional<CommandRules.Listed> listed = rules.listed(calls, place, args);
    if (listed.isEmpty()) {
      throw refused(
          "command " + place.path(),
          CommandRules.ALLOWLIST + ": has no entry for it with these arguments");
    }
    if (!place.isRootOnly()) {
      throw refused(
          "command " + place.path(),
          CommandRules.ALLOWLIST
              + ": it does not count as listed, because others than root can change the file or"
              + " a folder above it");
    }
    CallFacts.current()
        .decision(
            new CallFacts.Decision(
                true, CommandRules.ALLOWLIST + ": names " + listed.get().entry().text()));
    return listed.get().path();
  }

  /** Looks for blocked programs among the words of a text that something else will take apart. */
  private void requireNoneBlocked(CommandRequest request, String where, List<String> texts)
      throws FileCallException, StatusException {
    if (!rules.hasBlocklist()) {
      return;
    }
    for (String text : texts) {
      Optional<Set<String>> candidates = ShellLine.candidates(text);
      if (candidates.isEmpty()) {
        throw refused(where, CommandRules.BLOCKLIST + ": too long to be judged");
      }
      for (String candidate : candidates.get()) {
        Optional<CommandEntry> entry = blocked(request, candidate);
        if (entry.isPresent()) {
          throw refused(where, CommandRules.BLOCKLIST + ": names " + entry.get().text());
        }
      }
    }
  }

  private Optional<CommandEntry> blocked(CommandRequest request, String candidate)
      throws FileCallException {
    String found;
    try {
      found = request.locator().find(candidate);
    } catch (StatusException e) {
      return Optional.empty();
    }
    try (Place place = Walk.to(calls, found, Walk.Last.FOLLOWED)) {
      return rules.blocked(calls, place, candidate, null);
    }
  }

  private Place locate(String path) throws FileCallException {
    Place place = Walk.to(calls, path, Walk.Last.FOLLOWED);
    FileStatus status = place.status();
    if (status == null || !status.isRegular()) {
      place.close();
      throw new FileCallException(
          "exec", status == null ? FileCallException.ENOENT : FileCallException.EACCES);
    }
    return place;
  }

  private byte[] head(int descriptor) {
    try {
      return calls.head(descriptor, Interpreter.HEAD_BYTES);
    } catch (FileCallException e) {
      // Executable without being readable: no script, since its interpreter could not read it.
      return new byte[0];
    }
  }

  private static StatusException refused(String what, String rule) {
    return Refusals.of(what, rule);
  }

  private static StatusException failed(FileCallException e) {
    return switch (e.errno()) {
      case FileCallException.ENOENT, FileCallException.ENOTDIR ->
          Status.NOT_FOUND
              .withDescription("the command or its interpreter does not exist")
              .asException();
      case FileCallException.ELOOP ->
          Status.INVALID_ARGUMENT
              .withDescription("the command leads through too many links or interpreters")
              .asException();
      case FileCallException.EMFILE ->
          Status.RESOURCE_EXHAUSTED
              .withDescription("the agent is out of descriptors, try again later")
              .asException();
      default ->
          Status.FAILED_PRECONDITION
              .withDescription("the command cannot be executed: " + e.getMessage())
              .asException();
    };
  }
}
