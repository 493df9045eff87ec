package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import com.limiquantix.agent.security.internal.jna.LinuxFileCalls;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The policy in force, and the answers that it gives. Replacing it is atomic: a call is judged by
 * one policy at each decision, never by a part of one.
 */
public final class PolicyGuard implements Guard {
  private final Object opening = new Object();
  private boolean opened;
  private @Nullable FileCalls calls;
  private volatile Policy policy;

  /**
   * A guard for this system. Blocks for the time of looking up what a policy names.
   *
   * @param first in force until it is replaced
   */
  public PolicyGuard(Policy first) {
    policy = first;
    replace(first);
  }

  /** A guard that allows everything. */
  public static PolicyGuard open() {
    return new PolicyGuard(Policy.OPEN);
  }

  /** Only made when there is something to judge: an open policy costs no memory. */
  private @Nullable FileCalls calls() {
    synchronized (opening) {
      if (!opened) {
        opened = true;
        try {
          calls = LinuxFileCalls.open(true);
        } catch (UnsupportedOperationException e) {
          calls = null;
        }
      }
      return calls;
    }
  }

  /** Puts another policy into force for all that is asked from here on. */
  public void replace(Policy next) {
    FileCalls files = next.paths().isOpen() ? null : calls();
    if (files != null) {
      try {
        next.paths().remember(files);
      } catch (FileCallException e) {
        // For lack of descriptors: then it is looked up at the first question.
      }
    }
    policy = next;
  }

  /** The policy in force. */
  public Policy policy() {
    return policy;
  }

  @Override
  public boolean judgesCommands() {
    return policy.judgesCommands();
  }

  @Override
  public ApprovedCommand approve(CommandRequest request) throws StatusException {
    FileCalls files = calls();
    if (files == null) {
      throw Status.FAILED_PRECONDITION
          .withDescription("commands can't be judged on this system, so none is run")
          .asException();
    }
    return new CommandGuard(files, policy.commands()).approve(request);
  }

  @Override
  public boolean restrictsUsers() {
    return !policy.settings().allowedUsers().isEmpty();
  }

  @Override
  public void requireUser(String name, long uid, long gid, List<Long> own) throws StatusException {
    List<String> allowed = policy.settings().allowedUsers();
    if (allowed.isEmpty()) {
      return;
    }
    String shown = name.isEmpty() ? Long.toString(uid) : name;
    if (!allowed.contains(Long.toString(uid)) && (name.isEmpty() || !allowed.contains(name))) {
      throw Refusals.of(
          "running as user " + shown, "security.allowed_users: has no entry for " + shown);
    }
    if (!own.contains(gid)) {
      throw Refusals.of(
          "running with group " + gid,
          "security.allowed_users: user " + shown + " is not in that group");
    }
  }

  @Override
  public void requireConfigured(String key, String configured, String asked)
      throws StatusException {
    if (!asked.isEmpty() && !asked.equals(configured)) {
      throw Refusals.of("another folder of scripts", key + ": is " + configured);
    }
  }

  @Override
  public Optional<PathGuard> paths() {
    FileCalls files = calls();
    return files == null
        ? Optional.empty()
        : Optional.of(new PathGuard(files, () -> policy.paths()));
  }
}
