package com.limiquantix.agent.security.policy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What can be told of a line for the shell without being the shell. */
final class ShellLine {
  /** More cannot be looked up in a bearable time. */
  private static final int MAX_WORDS = 4096;

  private ShellLine() {}

  /**
   * The words of a line that means the same without a shell: a program and arguments, separated by
   * blanks, of characters that no shell gives a meaning. Empty for any other line.
   */
  static Optional<List<String>> plainWords(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int i = 0; i <= line.length(); i++) {
      char c = i == line.length() ? ' ' : line.charAt(i);
      if (c == ' ' || c == '\t') {
        if (word.length() > 0) {
          words.add(word.toString());
          word.setLength(0);
        }
      } else if (isPlain(c)) {
        word.append(c);
      } else {
        return Optional.empty();
      }
    }
    boolean assigns = !words.isEmpty() && words.get(0).indexOf('=') >= 0;
    return words.isEmpty() || assigns ? Optional.empty() : Optional.of(List.copyOf(words));
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "_./:@%+,-=".indexOf(c) >= 0;
  }

  /**
   * All that may be the name of a program in a line: what is left between the characters that a
   * shell gives a meaning, once with and once without what quotes. Guesswork, for blocklists.
   *
   * @return empty if there are too many to be looked up
   */
  static Optional<Set<String>> candidates(String line) {
    Set<String> words = new LinkedHashSet<>();
    collect(line, words);
    StringBuilder unquoted = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c != '\'' && c != '"' && c != '\\') {
        unquoted.append(c);
      }
    }
    collect(unquoted.toString(), words);
    return words.size() > MAX_WORDS ? Optional.empty() : Optional.of(words);
  }

  private static void collect(String line, Set<String> words) {
    int start = 0;
    for (int i = 0; i <= line.length() && words.size() <= MAX_WORDS; i++) {
      boolean end = i == line.length() || !isPart(line.charAt(i));
      if (end) {
        if (i > start) {
          words.add(line.substring(start, i));
        }
        start = i + 1;
      }
    }
  }

  /** An assignment ends where its value begins. */
  private static boolean isPart(char c) {
    return c > ' ' && "'\"\\;|&(){}<>$`=".indexOf(c) < 0;
  }
}
