package com.limiquantix.agent.handlers.exec;

/** A command that has been asked for. */
public interface RunningCommand {
  /**
   * Ends the command and what it started: asks first, forces after a grace. The observer hears of
   * the end. Never blocks; any thread, any number of times, also before the start or after the end.
   */
  void stop();
}
