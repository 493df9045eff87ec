package com.limiquantix.agent.security.policy;

import java.util.List;

/** Collects {@link PolicySettings}; each method sets the value of the same name. For one thread. */
public final class PolicySettingsBuilder {
  private Profile profile;
  private List<String> commandAllowlist;
  private List<String> commandBlocklist;
  private boolean allowShell;
  private List<String> allowedUsers;
  private List<String> allowedOperations;
  private List<String> disabledOperations;
  private List<String> allowFileReadPaths;
  private List<String> denyFileReadPaths;
  private List<String> allowFileWritePaths;
  private List<String> denyFileWritePaths;

  PolicySettingsBuilder(PolicySettings settings) {
    profile = settings.profile();
    commandAllowlist = settings.commandAllowlist();
    commandBlocklist = settings.commandBlocklist();
    allowShell = settings.allowShell();
    allowedUsers = settings.allowedUsers();
    allowedOperations = settings.allowedOperations();
    disabledOperations = settings.disabledOperations();
    allowFileReadPaths = settings.allowFileReadPaths();
    denyFileReadPaths = settings.denyFileReadPaths();
    allowFileWritePaths = settings.allowFileWritePaths();
    denyFileWritePaths = settings.denyFileWritePaths();
  }

  /** Sets {@link PolicySettings#profile()}. */
  public PolicySettingsBuilder profile(Profile value) {
    profile = value;
    return this;
  }

  /** Sets {@link PolicySettings#commandAllowlist()}. */
  public PolicySettingsBuilder commandAllowlist(List<String> value) {
    commandAllowlist = value;
    return this;
  }

  /** Sets {@link PolicySettings#commandBlocklist()}. */
  public PolicySettingsBuilder commandBlocklist(List<String> value) {
    commandBlocklist = value;
    return this;
  }

  /** Sets {@link PolicySettings#allowShell()}. */
  public PolicySettingsBuilder allowShell(boolean value) {
    allowShell = value;
    return this;
  }

  /** Sets {@link PolicySettings#allowedUsers()}. */
  public PolicySettingsBuilder allowedUsers(List<String> value) {
    allowedUsers = value;
    return this;
  }

  /** Sets {@link PolicySettings#allowedOperations()}. */
  public PolicySettingsBuilder allowedOperations(List<String> value) {
    allowedOperations = value;
    return this;
  }

  /** Sets {@link PolicySettings#disabledOperations()}. */
  public PolicySettingsBuilder disabledOperations(List<String> value) {
    disabledOperations = value;
    return this;
  }

  /** Sets {@link PolicySettings#allowFileReadPaths()}. */
  public PolicySettingsBuilder allowFileReadPaths(List<String> value) {
    allowFileReadPaths = value;
    return this;
  }

  /** Sets {@link PolicySettings#denyFileReadPaths()}. */
  public PolicySettingsBuilder denyFileReadPaths(List<String> value) {
    denyFileReadPaths = value;
    return this;
  }

  /** Sets {@link PolicySettings#allowFileWritePaths()}. */
  public PolicySettingsBuilder allowFileWritePaths(List<String> value) {
    allowFileWritePaths = value;
    return this;
  }

  /** Sets {@link PolicySettings#denyFileWritePaths()}. */
  public PolicySettingsBuilder denyFileWritePaths(List<String> value) {
    denyFileWritePaths = value;
    return this;
  }

  /** The settings; whether they are right, {@link Policy#of} says. */
  public PolicySettings build() {
    return new PolicySettings(
        profile,
        commandAllowlist,
        commandBlocklist,
        allowShell,
        allowedUsers,
        allowedOperations,
        disabledOperations,
        allowFileReadPaths,
        denyFileReadPaths,
        allowFileWritePaths,
        denyFileWritePaths);
  }
}
