package com.limiquantix.agent.security.policy;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a command list: the absolute path of a program, or of a folder with a {@code /} at
 * the end for all programs in that tree, and optionally {@code --} and a pattern for the arguments,
 * as in {@code /usr/bin/systemctl -- status *}.
 *
 * <p>A pattern is a word for each argument, separated by spaces. {@code *} stands for any
 * characters but {@code /}, {@code ?} for one; a word that begins with one of them stands for no
 * argument that begins with {@code -}, and none with a wildcard stands for an argument with {@code
 * ..} in it. {@code ...} as the last word stands for all further arguments. Nothing after {@code
 * --} means no arguments; without {@code --} arguments do not matter.
 *
 * @param text the entry as it was written
 * @param path the program's or folder's, without the {@code /} at its end
 * @param tree whether it stands for all programs below the folder
 * @param arguments the pattern; null for any arguments
 */
record CommandEntry(String text, String path, boolean tree, @Nullable List<String> arguments) {
  private static final String SEPARATOR = " --";
  private static final String REST = "...";
  private static final int MAX_LENGTH = 4096;

  static CommandEntry of(String text) {
    Optional<String> fault = fault(text);
    if (fault.isPresent()) {
      throw new IllegalArgumentException("\"" + text + "\" " + fault.get());
    }
    int at = separator(text);
    String program = (at < 0 ? text : text.substring(0, at)).stripTrailing();
    String rest = at < 0 ? "" : text.substring(at + SEPARATOR.length()).strip();
    List<String> pattern =
        at < 0 ? null : rest.isEmpty() ? List.of() : List.of(rest.split(" +", -1));
    boolean tree = program.endsWith("/");
    return new CommandEntry(text, Paths.withoutEnd(program), tree, pattern);
  }

  /** What is wrong with an entry, or empty. */
  static Optional<String> fault(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.of("has more than " + MAX_LENGTH + " characters");
    }
    int at = separator(text);
    String program = at < 0 ? text : text.substring(0, at).stripTrailing();
    if (program.indexOf('/') < 0) {
      return Optional.of(
          "is a bare name, which could be any file of that name; write its absolute path");
    }
    Optional<String> fault = Paths.fault(program);
    if (fault.isPresent()) {
      return fault;
    }
    if (at < 0) {
      return program.indexOf(' ') < 0
          ? Optional.empty()
          : Optional.of(
              "has a blank: arguments come after \" -- \"; if it belongs to the path, write \" -- ...\""
                  + " behind it");
    }
    String[] words = text.substring(at + SEPARATOR.length()).strip().split(" +", -1);
    for (int i = 0; i < words.length - 1; i++) {
      if (words[i].equals(REST)) {
        return Optional.of("has ... before its end; it stands for all further arguments");
      }
    }
    return Optional.empty();
  }

  private static int separator(String text) {
    int at = text.indexOf(SEPARATOR + " ");
    return at < 0 && text.endsWith(SEPARATOR) ? text.length() - SEPARATOR.length() : at;
  }

  /** Whether the pattern stands for these arguments, which do not include the program's name. */
  boolean matches(List<String> args) {
    List<String> pattern = arguments;
    if (pattern == null) {
      return true;
    }
    for (int i = 0; i < pattern.size(); i++) {
      if (pattern.get(i).equals(REST)) {
        return true;
      }
      if (i >= args.size() || !matches(pattern.get(i), args.get(i))) {
        return false;
      }
    }
    return args.size() == pattern.size();
  }

  private static boolean matches(String word, String argument) {
    boolean wild = word.indexOf('*') >= 0 || word.indexOf('?') >= 0;
    if (!wild) {
      return word.equals(argument);
    }
    boolean wildStart = word.startsWith("*") || word.startsWith("?");
    if ((wildStart && argument.startsWith("-")) || argument.contains("..")) {
      return false;
    }
    return glob(word, argument);
  }

  /** Greedy with one step back, so its time is bounded by the product of the lengths. */
  private static boolean glob(String word, String argument) {
    int at = 0;
    int star = -1;
    int mark = 0;
    int i = 0;
    while (i < argument.length()) {
      char c = argument.charAt(i);
      boolean more = at < word.length();
      if (more && word.charAt(at) == '*') {
        star = at++;
        mark = i;
      } else if (more && (word.charAt(at) == c || (word.charAt(at) == '?' && c != '/'))) {
        at++;
        i++;
      } else if (star >= 0 && argument.charAt(mark) != '/') {
        at = star + 1;
        i = ++mark;
      } else {
        return false;
      }
    }
    while (at < word.length() && word.charAt(at) == '*') {
      at++;
    }
    return at == word.length();
  }
}
