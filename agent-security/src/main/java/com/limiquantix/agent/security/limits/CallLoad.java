package com.limiquantix.agent.security.limits;

import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.security.ReservedMethods;

/** What a call takes of what is limited. */
enum CallLoad {
  /** Nothing: it has a reserved place. */
  RESERVED,
  /** A call, no more. */
  CALL,
  /** A call that runs a command. */
  COMMAND,
  /** A call that reads or changes files. */
  FILE;

  /** What a method takes; methods that are not the agent's own are calls. */
  static CallLoad of(String fullMethodName) {
    if (ReservedMethods.contains(fullMethodName)) {
      return RESERVED;
    }
    return switch (Capabilities.of(fullMethodName).orElse("")) {
      case Capabilities.EXEC -> COMMAND;
      case Capabilities.FILE -> FILE;
      default -> CALL;
    };
  }
}
