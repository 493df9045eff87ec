package com.limiquantix.agent.security.policy;

import java.util.List;

/**
 * The entries of a policy as a configuration writes them. {@link Policy#of} refuses what is not
 * right.
 *
 * @param profile what holds where nothing else is said
 * @param commandAllowlist the only programs that may be run, see {@link CommandEntry}; empty leaves
 *     it to the profile
 * @param commandBlocklist programs that may not be run, see {@link CommandEntry}
 * @param allowShell whether lines may be handed to the shell
 * @param allowedUsers names or numbers of the only users that commands may run as; empty allows all
 * @param allowedOperations the only methods or capabilities that are served; empty leaves it to the
 *     profile
 * @param disabledOperations methods or capabilities that are not served
 * @param allowFileReadPaths absolute paths of the only files and trees that may be read; empty
 *     leaves it to the profile
 * @param denyFileReadPaths absolute paths of files and trees that may not be read
 * @param allowFileWritePaths absolute paths of the only files and trees that may be changed; empty
 *     leaves it to the profile
 * @param denyFileWritePaths absolute paths of files and trees that may not be changed
 */
public record PolicySettings(
    Profile profile,
    List<String> commandAllowlist,
    List<String> commandBlocklist,
    boolean allowShell,
    List<String> allowedUsers,
    List<String> allowedOperations,
    List<String> disabledOperations,
    List<String> allowFileReadPaths,
    List<String> denyFileReadPaths,
    List<String> allowFileWritePaths,
    List<String> denyFileWritePaths) {

  /** Restricts nothing. */
  public static final PolicySettings OPEN =
      new PolicySettings(
          Profile.OPEN,
          List.of(),
          List.of(),
          true,
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of());

  /** Copies the lists. */
  public PolicySettings {
    commandAllowlist = List.copyOf(commandAllowlist);
    commandBlocklist = List.copyOf(commandBlocklist);
    allowedUsers = List.copyOf(allowedUsers);
    allowedOperations = List.copyOf(allowedOperations);
    disabledOperations = List.copyOf(disabledOperations);
    allowFileReadPaths = List.copyOf(allowFileReadPaths);
    denyFileReadPaths = List.copyOf(denyFileReadPaths);
    allowFileWritePaths = List.copyOf(allowFileWritePaths);
    denyFileWritePaths = List.copyOf(denyFileWritePaths);
  }

  /** A builder that starts from these. */
  public PolicySettingsBuilder toBuilder() {
    return new PolicySettingsBuilder(this);
  }
}
