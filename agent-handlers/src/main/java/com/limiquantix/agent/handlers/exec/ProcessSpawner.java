package com.limiquantix.agent.handlers.exec;

/** Runs commands in the way of one operating system. */
public interface ProcessSpawner {
  /**
   * Starts a command. Never blocks; whatever goes wrong is told to {@code observer}, with the
   * status codes
   *
   * <ul>
   *   <li>{@code INVALID_ARGUMENT}: the request can never work on this guest: an unknown user, a
   *       text with a NUL, too many arguments;
   *   <li>{@code NOT_FOUND}: no such program, interpreter or directory;
   *   <li>{@code FAILED_PRECONDITION}: the program's file cannot be executed as it is;
   *   <li>{@code PERMISSION_DENIED}: the guest's kernel refuses it to that user;
   *   <li>{@code RESOURCE_EXHAUSTED}: too many commands, processes or descriptors;
   *   <li>{@code UNAVAILABLE}: the agent is ending, or the file is being written;
   *   <li>{@code DEADLINE_EXCEEDED}: it was stopped before its file system let it start, or does
   *       not end.
   * </ul>
   */
  RunningCommand start(CommandSpec spec, CommandObserver observer);
}
