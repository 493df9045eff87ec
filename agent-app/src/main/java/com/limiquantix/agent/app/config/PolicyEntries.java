package com.limiquantix.agent.app.config;

import com.limiquantix.agent.security.policy.Operations;
import com.limiquantix.agent.security.policy.Policy;
import java.util.List;
import java.util.Optional;

/** What the entries of the policy's lists must be, with the sentence for those that are not. */
final class PolicyEntries {
  static final ValueType<List<String>> COMMANDS =
      new ValueType.ListOf("commands", "an absolute path", PolicyEntries::commandFault);
  static final ValueType<List<String>> PATHS =
      new ValueType.ListOf("absolute paths", "an absolute path", PolicyEntries::pathFault);
  static final ValueType<List<String>> USERS =
      new ValueType.ListOf(
          "users", "the name or the number of a user", text -> fault(text, Policy.userFault(text)));
  static final ValueType<List<String>> ALLOWED_OPERATIONS =
      new ValueType.ListOf(
          "methods or capabilities",
          "a method or capability",
          text -> operationFault(text, Operations.fault(text)));
  static final ValueType<List<String>> DISABLED_OPERATIONS =
      new ValueType.ListOf(
          "methods or capabilities",
          "a method or capability",
          text -> operationFault(text, Operations.disabledFault(text)));

  private PolicyEntries() {}

  private static Optional<String> fault(String text, Optional<String> fault) {
    return fault.map(why -> Texts.quoted(text) + " " + why);
  }

  private static Optional<String> commandFault(String text) {
    return fault(text, Policy.commandFault(text));
  }

  private static Optional<String> pathFault(String text) {
    Optional<String> fault = ValueType.Paths.fault(text, "an absolute path in every entry");
    return fault.isPresent() ? fault : fault(text, Policy.pathFault(text));
  }

  private static Optional<String> operationFault(String text, Optional<String> fault) {
    return fault.map(
        why ->
            Texts.quoted(text)
                + " "
                + why
                + Suggestion.nearest(text, Operations.names())
                    .filter(meant -> !meant.equals(text))
                    .map(meant -> "; did you mean " + meant + "?")
                    .orElse(""));
  }
}
