package com.limiquantix.agent.app.cli;

import java.util.List;

/**
 * A command as version 1's {@code ExecuteRequest} can say it: with arguments {@code command} is a
 * program, without any it is a line for the guest's shell.
 *
 * @param command a program or a line
 * @param args the program's arguments; none for a line
 */
record GuestCommand(String command, List<String> args) {

  /** A line for the shell: the words as they are, joined by blanks, like ssh(1) does. */
  static GuestCommand shell(List<String> words) throws Failure {
    return new GuestCommand(checked("the command", String.join(" ", words)), List.of());
  }

  /**
   * The first word as a program, run directly with the others as arguments.
   *
   * <p>A program without arguments has to go through the shell, as {@code exec 'program'}: within
   * single quotes the shell takes every character as it is (POSIX Shell Command Language, 2.2.2),
   * and exec replaces the shell by a program even where a builtin or a keyword has that name. Not
   * {@code exec --}: dash, Debian's sh, takes {@code --} for the program. So a name that begins
   * with a dash might be taken for an option by other shells, and is refused.
   */
  static GuestCommand direct(List<String> words) throws Failure {
    for (int i = 0; i < words.size(); i++) {
      checked("word " + (i + 1) + " of the command", words.get(i));
    }
    String program = words.get(0);
    if (words.size() > 1) {
      return new GuestCommand(program, List.copyOf(words.subList(1, words.size())));
    }
    if (program.startsWith("-")) {
      throw Failure.usage(
          "exec: a program whose name begins with '-' can only be run with its directory"
              + " before it, such as ./"
              + program);
    }
    return new GuestCommand("exec '" + program.replace("'", "'\\''") + "'", List.of());
  }

  /**
   * Refuses what Java could not read from our command line or environment: it has put U+FFFD or
   * half a surrogate pair in its place, and the guest would get something else than was typed.
   *
   * @return {@code text}
   */
  static String checked(String what, String text) throws Failure {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\ufffd' || (Character.isSurrogate(c) && TerminalText.isUnsafe(c, text, i))) {
        throw Failure.usage(
            "exec: "
                + what
                + " is not valid in this locale's encoding; only UTF-8 can be sent, set"
                + " LC_ALL=C.UTF-8");
      }
    }
    return text;
  }
}
