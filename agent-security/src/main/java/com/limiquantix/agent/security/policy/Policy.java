package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.security.policy.Operations.Effect;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a host may do: the decisions that need neither files nor a request. Immutable, any thread.
 */
public final class Policy {
  /** Allows everything. */
  public static final Policy OPEN = of(PolicySettings.OPEN);

  private final PolicySettings settings;
  private final @Nullable Set<String> allowed;
  private final Set<String> disabled;
  private final CommandRules commands;
  private final PathRules paths;
  private final Map<String, String> refusals = new HashMap<>();
  private final Set<String> offered = new HashSet<>();

  private Policy(PolicySettings settings) {
    this.settings = settings;
    allowed = settings.allowedOperations().isEmpty() ? null : all(settings.allowedOperations());
    disabled = all(settings.disabledOperations());
    commands = CommandRules.of(settings);
    paths = PathRules.of(settings);
    for (String method : Operations.methods()) {
      Optional<String> refusal = judge(method);
      if (refusal.isPresent()) {
        refusals.put(method, refusal.get());
      } else if (leavesSomething(method)) {
        Capabilities.of(method).ifPresent(offered::add);
      }
    }
    if (servesTelemetry()) {
      offered.add(Capabilities.TELEMETRY);
    }
  }

  private static Set<String> all(List<String> names) {
    Set<String> methods = new HashSet<>(names);
    for (String name : names) {
      methods.addAll(Operations.named(name));
    }
    return Set.copyOf(methods);
  }

  /**
   * Builds a policy.
   *
   * @throws IllegalArgumentException if an entry is wrong; the message names its key and says why
   */
  public static Policy of(PolicySettings settings) {
    require("allowed_operations", settings.allowedOperations(), Operations::fault);
    require("disabled_operations", settings.disabledOperations(), Operations::disabledFault);
    require("command_allowlist", settings.commandAllowlist(), Policy::commandFault);
    require("command_blocklist", settings.commandBlocklist(), Policy::commandFault);
    require("allowed_users", settings.allowedUsers(), Policy::userFault);
    require("allow_file_read_paths", settings.allowFileReadPaths(), Policy::pathFault);
    require("deny_file_read_paths", settings.denyFileReadPaths(), Policy::pathFault);
    require("allow_file_write_paths", settings.allowFileWritePaths(), Policy::pathFault);
    require("deny_file_write_paths", settings.denyFileWritePaths(), Policy::pathFault);
    return new Policy(settings);
  }

  private static void require(
      String key, List<String> entries, Function<String, Optional<String>> fault) {
    for (String entry : entries) {
      Optional<String> wrong = fault.apply(entry);
      if (wrong.isPresent()) {
        throw new IllegalArgumentException(
            "security." + key + ": \"" + entry + "\" " + wrong.get());
      }
    }
  }

  /** What is wrong with an entry of a command list, or empty. */
  public static Optional<String> commandFault(String entry) {
    return CommandEntry.fault(entry);
  }

  /** What is wrong with an entry of a list of paths, or empty. */
  public static Optional<String> pathFault(String entry) {
    return Paths.fault(entry);
  }

  /** What is wrong with an entry of {@code allowed_users}, or empty. */
  public static Optional<String> userFault(String entry) {
    for (int i = 0; i < entry.length(); i++) {
      char c = entry.charAt(i);
      if (c == ':' || c == '/' || Character.isISOControl(c) || Character.isWhitespace(c)) {
        return Optional.of("is neither the name nor the number of a user");
      }
    }
    return entry.isEmpty()
        ? Optional.of("is empty; write the name or the number of a user")
        : Optional.empty();
  }

  /** The entries that this was built from. */
  public PolicySettings settings() {
    return settings;
  }

  /**
   * Why a method is refused: the key and the entry that decide. Empty if it is served, as far as
   * that does not depend on what a request holds.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.ExecService/Execute}; a method that
   *     is not the agent's is served only where everything is
   */
  public Optional<String> refusal(String fullMethodName) {
    return Operations.methods().contains(fullMethodName)
        ? Optional.ofNullable(refusals.get(fullMethodName))
        : judge(fullMethodName);
  }

  private Optional<String> judge(String fullMethodName) {
    if (Operations.isVital(fullMethodName)) {
      return Optional.empty();
    }
    String name = fullMethodName.substring(fullMethodName.indexOf('/') + 1);
    if (disabled.contains(fullMethodName)) {
      return Optional.of("security.disabled_operations: names " + name);
    }
    if (allowed != null) {
      return allowed.contains(fullMethodName)
          ? Optional.empty()
          : Optional.of("security.allowed_operations: does not name " + name);
    }
    Optional<Effect> effect = Operations.effect(fullMethodName);
    boolean serves =
        effect.isPresent() ? profileServes(effect.get()) : settings.profile() == Profile.OPEN;
    return serves ? Optional.empty() : Optional.of(profileRule() + " does not serve " + name);
  }

  private boolean profileServes(Effect effect) {
    return switch (settings.profile()) {
      case OPEN -> true;
      case MANAGED -> effect != Effect.INTRUDES;
      case MONITOR_ONLY -> effect == Effect.WATCHES;
    };
  }

  private String profileRule() {
    return "security.profile: " + settings.profile().text();
  }

  /**
   * Whether anything of a capability is served: a method that is not refused and that the rules for
   * commands or paths leave something to do.
   *
   * @param capability one of {@link Capabilities}
   */
  public boolean offers(String capability) {
    return offered.contains(capability);
  }

  /** Telemetry has no method of its own: it comes with the events. */
  private boolean servesTelemetry() {
    return offered.contains(Capabilities.EVENTS)
        && !disabled.contains(Capabilities.TELEMETRY)
        && (allowed == null || allowed.contains(Capabilities.TELEMETRY));
  }

  private boolean leavesSomething(String method) {
    return switch (Operations.effect(method).orElseThrow()) {
      case COMMANDS -> !commands.forbidsAll();
      case READS_FILES -> !paths.forbidsAll(Access.READ);
      case WRITES_FILES -> !paths.forbidsAll(Access.WRITE);
      default -> true;
    };
  }

  /** Whether a command has to be judged by the file that it executes. */
  boolean judgesCommands() {
    return !commands.allowsAll() || !settings.allowShell();
  }

  CommandRules commands() {
    return commands;
  }

  PathRules paths() {
    return paths;
  }
}
