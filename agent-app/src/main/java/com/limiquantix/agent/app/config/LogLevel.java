package com.limiquantix.agent.app.config;

/** The least severe level that is still written to the log. */
public enum LogLevel implements YamlNamed {
  /** Everything, down to single frames. */
  TRACE("trace"),
  /** What a developer needs to follow one call. */
  DEBUG("debug"),
  /** What an operator wants to know: starts, ends, changes. */
  INFO("info"),
  /** What went wrong and was coped with. */
  WARN("warn"),
  /** What went wrong and needs somebody. */
  ERROR("error");

  private final String yamlName;

  LogLevel(String yamlName) {
    this.yamlName = yamlName;
  }

  @Override
  public String yamlName() {
    return yamlName;
  }
}
