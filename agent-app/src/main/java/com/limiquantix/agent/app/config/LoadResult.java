package com.limiquantix.agent.app.config;

import java.util.List;

/** What came of reading a configuration file: all of it, or nothing. */
public sealed interface LoadResult {

  /**
   * The file is right in every point.
   *
   * @param config what it says, with defaults for what it leaves out
   */
  record Loaded(AgentConfig config) implements LoadResult {}

  /**
   * The file must not be used.
   *
   * @param problems why, at least one, in the order of the file
   */
  record Refused(List<ConfigProblem> problems) implements LoadResult {
    /** Copies the list. */
    public Refused {
      problems = List.copyOf(problems);
      if (problems.isEmpty()) {
        throw new IllegalArgumentException("a refusal needs a reason");
      }
    }
  }
}
