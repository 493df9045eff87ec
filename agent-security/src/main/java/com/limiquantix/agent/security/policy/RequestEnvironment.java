package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import io.grpc.StatusException;
import java.util.Map;

/** Judges the variables of a request for a program that an allowlist names. */
final class RequestEnvironment {
  private RequestEnvironment() {}

  /**
   * Refuses variables that would make a listed program run what is not listed. PATH may name
   * folders that root alone can change.
   *
   * @throws StatusException PERMISSION_DENIED; names the variable, never its value
   */
  static void requireHarmless(FileCalls calls, Map<String, String> environment)
      throws FileCallException, StatusException {
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (SteeringVariables.has(name)) {
        throw Refusals.of(
            "environment variable " + name,
            CommandRules.ALLOWLIST + ": it could make a listed program run another");
      }
      if (name.equals("PATH")) {
        requireTrusted(calls, variable.getValue());
      }
    }
  }

  private static void requireTrusted(FileCalls calls, String searchPath)
      throws FileCallException, StatusException {
    for (String folder : searchPath.split(":", -1)) {
      if (Paths.fault(folder).isPresent() || !isTrusted(calls, folder)) {
        throw Refusals.of(
            "environment variable PATH",
            CommandRules.ALLOWLIST + ": it names a folder that others than root can change");
      }
    }
  }

  /**
   * A folder that is missing can only be made by who may write above it. The system looks the name
   * up again later, so a link that others can swap leads to no folder here.
   */
  private static boolean isTrusted(FileCalls calls, String folder) throws FileCallException {
    try (Place place = Walk.ofRule(calls, folder, Walk.Last.FOLLOWED)) {
      return place.status() == null ? place.inRootOnly() : place.isRootOnly();
    } catch (FileCallException e) {
      if (e.errno() == FileCallException.ENOENT || e.errno() == FileCallException.ENOTDIR) {
        return false;
      }
      throw e;
    }
  }
}
