package com.limiquantix.agent.app.config;

/** How a log record is written. */
public enum LogFormat implements YamlNamed {
  /** One JSON object per line. */
  JSON("json"),
  /** One line for people, followed by indented lines for an exception. */
  PRETTY("pretty");

  private final String yamlName;

  LogFormat(String yamlName) {
    this.yamlName = yamlName;
  }

  @Override
  public String yamlName() {
    return yamlName;
  }
}
