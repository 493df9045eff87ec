package com.limiquantix.agent.handlers.core;

/**
 * What an agent was built from.
 *
 * @param version its version, such as {@code 1.4.2}; not empty
 * @param time when, as ISO 8601 in UTC; empty if the build did not say
 * @param commit the source revision; empty if the build did not say
 */
public record BuildInfo(String version, String time, String commit) {
  public BuildInfo {
    if (version.isEmpty()) {
      throw new IllegalArgumentException("version must not be empty");
    }
  }
}
