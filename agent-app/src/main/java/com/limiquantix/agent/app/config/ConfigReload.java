package com.limiquantix.agent.app.config;

import java.util.ArrayList;
import java.util.List;

/** What reading the configuration again means for a running agent. */
public sealed interface ConfigReload {

  /** Returns the configuration that is in effect from now on. */
  AgentConfig effective();

  /**
   * The file is refused; everything stays as it was.
   *
   * @param effective the configuration as before
   * @param problems why, at least one
   */
  record Kept(AgentConfig effective, List<ConfigProblem> problems) implements ConfigReload {
    /** Copies the list. */
    public Kept {
      problems = List.copyOf(problems);
    }
  }

  /**
   * The file is accepted.
   *
   * @param effective what is in effect from now on: the file's values, but the previous ones of the
   *     keys that need a restart, so that the next reload names those keys again
   * @param changed the keys whose value is new in {@code effective}, in the order of the
   *     documentation
   * @param awaitingRestart the keys whose value in the file takes effect at the next start
   */
  record Applied(AgentConfig effective, List<String> changed, List<String> awaitingRestart)
      implements ConfigReload {
    /** Copies the lists. */
    public Applied {
      changed = List.copyOf(changed);
      awaitingRestart = List.copyOf(awaitingRestart);
    }
  }

  /**
   * Decides what a reload changes.
   *
   * @param current what is in effect
   * @param next what reading the file again gave
   */
  static ConfigReload between(AgentConfig current, LoadResult next) {
    if (next instanceof LoadResult.Refused refused) {
      return new Kept(current, refused.problems());
    }
    AgentConfig wanted = ((LoadResult.Loaded) next).config();
    AgentConfigBuilder effective = wanted.toBuilder();
    List<String> changed = new ArrayList<>();
    List<String> awaitingRestart = new ArrayList<>();
    for (ConfigKey<?> key : Schema.KEYS) {
      if (key.sameIn(current, wanted)) {
        continue;
      }
      if (key.reloadable()) {
        changed.add(key.path());
      } else {
        awaitingRestart.add(key.path());
        key.copy(current, effective);
      }
    }
    return new Applied(effective.build(), changed, awaitingRestart);
  }
}
