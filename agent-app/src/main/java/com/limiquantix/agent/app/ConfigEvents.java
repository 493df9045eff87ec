package com.limiquantix.agent.app;

import com.limiquantix.agent.app.config.ConfigProblem;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ErrorSeverity;

/** Tells hosts of a configuration that was refused. */
final class ConfigEvents {
  private static final String CODE = "CONFIG_INVALID";

  private ConfigEvents() {}

  /** The sentence that a locked agent refuses calls with. */
  static String lockedBecause(ConfigProblem problem) {
    return "the agent is locked because its configuration was refused; correct it and restart the"
        + " agent: "
        + problem.describe();
  }

  /** For an agent that came up locked. */
  static ErrorEvent locked(ConfigProblem problem) {
    return event(problem, ErrorSeverity.ERROR_SEVERITY_CRITICAL, lockedBecause(problem));
  }

  /** For an agent that goes on with the configuration it had. */
  static ErrorEvent kept(ConfigProblem problem) {
    return event(
        problem,
        ErrorSeverity.ERROR_SEVERITY_ERROR,
        "the changed configuration was refused and the earlier one stays in effect: "
            + problem.describe());
  }

  private static ErrorEvent event(ConfigProblem problem, ErrorSeverity severity, String message) {
    ErrorEvent.Builder event =
        ErrorEvent.newBuilder()
            .setSeverity(severity)
            .setCode(CODE)
            .setMessage(message)
            .putDetails("file", problem.file().toString());
    if (problem.position() != null) {
      event.putDetails("line", String.valueOf(problem.position().line()));
      event.putDetails("column", String.valueOf(problem.position().column()));
    }
    if (problem.key() != null) {
      event.putDetails("key", problem.key());
    }
    return event.build();
  }
}
