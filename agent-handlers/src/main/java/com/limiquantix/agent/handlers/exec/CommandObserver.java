package com.limiquantix.agent.handlers.exec;

import io.grpc.Status;

/**
 * Hears what becomes of a command. Calls come one after the other on the spawner's executor: {@link
 * #onStarted} at most once, then exactly one of the other two.
 */
public interface CommandObserver {
  /** The program is running. A command that ends before that is certain omits this call. */
  void onStarted();

  /** The command has ended, by itself or because it was stopped. */
  void onExit(CommandResult result);

  /**
   * The command could not be started, or could not be ended.
   *
   * @param status what was asked, what went wrong and what to do; never OK
   */
  void onFailed(Status status);
}
