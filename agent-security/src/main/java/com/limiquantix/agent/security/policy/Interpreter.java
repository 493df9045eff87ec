package com.limiquantix.agent.security.policy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first line of a script as Linux reads it, execve(2).
 *
 * @param path the program that runs the script, as it is written
 * @param argument all that follows it, one argument; null if nothing does
 */
record Interpreter(String path, @Nullable String argument) {
  /** BINPRM_BUF_SIZE, linux/binfmts.h: what the kernel looks at. */
  static final int HEAD_BYTES = 256;

  /** The interpreter that a file's first bytes name; empty if it is no script. */
  static Optional<Interpreter> of(byte[] head) {
    String text = new String(head, StandardCharsets.UTF_8);
    if (!text.startsWith("#!")) {
      return Optional.empty();
    }
    int end = text.indexOf('\n');
    String line = strip(end < 0 ? text.substring(2) : text.substring(2, end));
    int nul = line.indexOf('\0');
    line = nul < 0 ? line : line.substring(0, nul);
    int gap = 0;
    while (gap < line.length() && line.charAt(gap) != ' ' && line.charAt(gap) != '\t') {
      gap++;
    }
    String rest = strip(line.substring(gap));
    return Optional.of(new Interpreter(line.substring(0, gap), rest.isEmpty() ? null : rest));
  }

  private static String strip(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && (text.charAt(start) == ' ' || text.charAt(start) == '\t')) {
      start++;
    }
    while (end > start && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
      end--;
    }
    return text.substring(start, end);
  }

  /** Whether it is env(1) that looks up a plain name. */
  boolean isLookUp() {
    return path.endsWith("/env")
        && argument != null
        && !argument.startsWith("-")
        && argument.indexOf('=') < 0
        && argument.indexOf(' ') < 0
        && argument.indexOf('\t') < 0;
  }
}
