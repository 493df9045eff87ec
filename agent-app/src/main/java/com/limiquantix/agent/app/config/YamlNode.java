package com.limiquantix.agent.app.config;

import java.util.List;

/** The values of a YAML file with their places. Types are not resolved: that is the schema's. */
sealed interface YamlNode {

  /** Returns where the value begins. */
  Position at();

  /**
   * A single value.
   *
   * @param plain whether it was written without quotes and not as a block
   */
  record Scalar(String text, boolean plain, Position at) implements YamlNode {
    /** Returns whether nothing was written, or one of YAML's words for nothing. */
    boolean isNull() {
      if (!plain) {
        return false;
      }
      return switch (text) {
        case "", "~", "null", "Null", "NULL" -> true;
        default -> false;
      };
    }
  }

  /** A list. */
  record Sequence(List<YamlNode> items, Position at) implements YamlNode {}

  /** Keys with values, in the order of the file, with duplicates. */
  record Mapping(List<Entry> entries, Position at) implements YamlNode {}

  /** Something that has been complained about already. */
  record Unusable(Position at) implements YamlNode {}

  /** One line of a mapping. */
  record Entry(YamlNode key, YamlNode value) {}
}
