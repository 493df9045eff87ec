package com.limiquantix.agent.app.config;

import java.util.Locale;

/** What becomes of calls while they cannot be recorded. */
public enum FailureMode implements YamlNamed {
  /** They are served; how many records were lost is recorded afterwards. */
  ALLOW,
  /** They are refused, but for those with a reserved place. */
  REFUSE;

  @Override
  public String yamlName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
