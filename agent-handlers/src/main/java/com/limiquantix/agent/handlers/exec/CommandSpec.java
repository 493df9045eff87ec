package com.limiquantix.agent.handlers.exec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command to run. Texts are UTF-8; which of them the system accepts, {@link ProcessSpawner#start}
 * says.
 *
 * @param command a program's name or path if there are arguments, else a line for the shell
 * @param args arguments of the program; none hands {@code command} to the system's shell
 * @param directory where to run it, absolute; null for the root directory
 * @param environment added over the environment of a fresh login
 * @param user name or number of the user to run as; null for the agent's own
 * @param group name or number of the group to run as; null for the user's own
 * @param supplementaryGroups whether the user's other groups come along when {@code user} or {@code
 *     group} is given
 * @param outputLimit bytes kept of standard output and of standard error each, at least 0
 * @param detached whether the command belongs to nobody's call: its output is thrown away, and what
 *     it starts lives on after it
 */
public record CommandSpec(
    String command,
    List<String> args,
    @Nullable String directory,
    Map<String, String> environment,
    @Nullable String user,
    @Nullable String group,
    boolean supplementaryGroups,
    int outputLimit,
    boolean detached) {
  public CommandSpec {
    args = List.copyOf(args);
    environment = Map.copyOf(environment);
    if (outputLimit < 0) {
      throw new IllegalArgumentException("outputLimit must be at least 0: " + outputLimit);
    }
  }

  /** Whether the shell gets the command. */
  boolean isShell() {
    return args.isEmpty();
  }

  /** How messages call the command: a line for the shell may hold secrets and is not repeated. */
  String label() {
    return isShell() ? "the shell command" : "\"" + command + "\"";
  }

  /** Leaves out what may hold secrets: arguments, a shell's line, environment. */
  @Override
  public String toString() {
    return "CommandSpec[" + label() + ", detached=" + detached + "]";
  }
}
