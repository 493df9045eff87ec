package com.limiquantix.agent.security.policy;

import io.grpc.StatusException;
import java.util.List;
import java.util.Map;

/**
 * A command as it was asked for.
 *
 * @param command name or path of a program, or a line for the shell
 * @param args the program's arguments; empty for a line
 * @param shell whether {@code command} is a line
 * @param environment the request's own variables
 * @param directory where it will run, absolute
 * @param locator finds programs as they will be found when it runs
 */
public record CommandRequest(
    String command,
    List<String> args,
    boolean shell,
    Map<String, String> environment,
    String directory,
    Locator locator) {
  /** Copies list and map. */
  public CommandRequest {
    args = List.copyOf(args);
    environment = Map.copyOf(environment);
  }

  /** Finds programs by PATH and working directory. */
  public interface Locator {
    /**
     * The absolute path of an executable file, links not followed.
     *
     * @param program name or path
     * @throws StatusException if there is none; its description says why
     */
    String find(String program) throws StatusException;
  }

  /** Leaves out what may hold secrets. */
  @Override
  public String toString() {
    return "CommandRequest[" + (shell ? "a shell line" : command) + "]";
  }
}
