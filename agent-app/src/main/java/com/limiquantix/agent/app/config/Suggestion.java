package com.limiquantix.agent.app.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Guesses which key was meant by one that does not exist. */
final class Suggestion {

  /** Nothing longer is a mistyped key; it also bounds the work. */
  private static final int MAX_LENGTH = 64;

  private Suggestion() {}

  /** Returns the end of a message about an unknown key. */
  static String forKey(String section, String name) {
    return nearest(section, name)
        .map(meant -> "unknown key; did you mean " + meant + "?")
        .orElse("unknown key, and none is like it; --print-config lists all keys");
  }

  private static Optional<String> nearest(String section, String name) {
    if (name.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    int best = Math.max(2, name.length() * 2 / 5) + 1;
    Optional<String> meant = Optional.empty();
    for (ConfigKey<?> key : Schema.KEYS) {
      int distance = distance(section, name, key);
      if (distance < best) {
        best = distance;
        meant = Optional.of(shown(section, key));
      }
    }
    for (String other : Schema.SECTIONS) {
      int distance = EditDistance.between(name, other) + (section.isEmpty() ? 0 : 1);
      if (distance < best) {
        best = distance;
        meant = Optional.of("the section " + other);
      }
    }
    return meant;
  }

  /** A key of another section is meant only if none of this one is as near. */
  private static int distance(String section, String name, ConfigKey<?> key) {
    int distance =
        Math.min(EditDistance.between(name, key.name()), EditDistance.between(name, key.path()));
    return distance + (key.section().equals(section) ? 0 : 1);
  }

  private static String shown(String section, ConfigKey<?> key) {
    if (key.section().equals(section)) {
      return key.name();
    }
    String where = key.section().isEmpty() ? "at the top level" : "in the section " + key.section();
    return key.name() + " " + where;
  }

  /** The word that was most likely meant by another; empty if none is like it. */
  static Optional<String> nearest(String text, List<String> words) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    int best = Math.max(2, text.length() * 2 / 5) + 1;
    Optional<String> meant = Optional.empty();
    for (String word : words) {
      int distance =
          EditDistance.between(text.toLowerCase(Locale.ROOT), word.toLowerCase(Locale.ROOT));
      if (distance < best) {
        best = distance;
        meant = Optional.of(word);
      }
    }
    return meant;
  }
}
