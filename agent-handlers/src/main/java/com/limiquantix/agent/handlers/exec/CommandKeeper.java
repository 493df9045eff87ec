package com.limiquantix.agent.handlers.exec;

import java.util.Collection;

/**
 * Lets commands outlive the agent: an upgrade of the agent's own package that a host has asked for
 * must not end with the agent that it replaces. Methods may take some tens of milliseconds, and are
 * called one at a time per kind.
 */
public interface CommandKeeper {
  /**
   * Keeps a descriptor open until the next agent takes it over, so that a command can go on writing
   * to it.
   *
   * @param fd the read end of a pipe; stays the caller's
   * @return false if it cannot be kept
   */
  boolean keepOutput(int fd);

  /**
   * Puts processes apart from the agent's own, so that what ends or limits the agent's service
   * leaves them alone. Those that have ended meanwhile do not matter.
   *
   * @param pids numbers of processes, at least one
   */
  void separate(Collection<Integer> pids);
}
