package com.limiquantix.agent.security.policy;

import io.grpc.StatusException;
import java.util.List;
import java.util.Optional;

/**
 * Where handlers ask what policy says. Each question is answered by the policy that is in force at
 * that moment; any thread.
 */
public interface Guard {
  /**
   * Whether commands have to be approved one by one. If not, {@link #approve} need not be asked,
   * and nothing is lost by executing a program by its name.
   */
  boolean judgesCommands();

  /**
   * Lets a command through with the file that was judged. Blocks on file systems.
   *
   * @throws StatusException PERMISSION_DENIED with rule and key; NOT_FOUND, INVALID_ARGUMENT or
   *     FAILED_PRECONDITION for what could not be executed anyway
   */
  ApprovedCommand approve(CommandRequest request) throws StatusException;

  /** Whether commands may run as some users only. */
  boolean restrictsUsers();

  /**
   * Refuses a command that would run as a user, or with a group, that is not allowed.
   *
   * @param name the user's; empty if it has none
   * @param gid the command's group
   * @param own groups that the user is in by the guest's accounts
   * @throws StatusException PERMISSION_DENIED
   */
  void requireUser(String name, long uid, long gid, List<Long> own) throws StatusException;

  /**
   * Refuses a folder of scripts that a request names unless it is the configured one.
   *
   * @param key the configuration's, such as {@code pre_freeze_script_dir}
   * @param asked what the request names; empty for none
   * @throws StatusException PERMISSION_DENIED
   */
  void requireConfigured(String key, String configured, String asked) throws StatusException;

  /**
   * Opens and changes files as far as policy allows; empty on systems where paths can't be judged.
   */
  Optional<PathGuard> paths();
}
