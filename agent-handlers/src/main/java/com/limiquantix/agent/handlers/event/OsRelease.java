package com.limiquantix.agent.handlers.event;

import java.util.HashMap;
import java.util.Map;

/** Reads the format of os-release(5): assignments as a shell would understand them. */
final class OsRelease {
  private OsRelease() {}

  /** The variables that {@code text} sets; lines that set none are passed over. */
  static Map<String, String> parse(String text) {
    Map<String, String> variables = new HashMap<>();
    text.lines()
        .map(String::strip)
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int equals = line.indexOf('=');
              if (equals > 0) {
                variables.put(line.substring(0, equals), unquoted(line.substring(equals + 1)));
              }
            });
    return variables;
  }

  /** Without quotes; a backslash makes the character after it plain, but not in single quotes. */
  private static String unquoted(String word) {
    StringBuilder plain = new StringBuilder(word.length());
    char quote = 0;
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      if (c == '\\' && quote != '\'' && i + 1 < word.length()) {
        plain.append(word.charAt(++i));
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
