package com.limiquantix.agent.security.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts of policies and of commands, taken apart without looking at files. */
class CommandEntryTest {
  static Stream<Arguments> patterns() {
    return Stream.of(
        Arguments.of("/a", List.of("any", "-thing"), true),
        Arguments.of("/a --", List.of(), true),
        Arguments.of("/a --", List.of("x"), false),
        Arguments.of("/a -- ", List.of("x"), false),
        Arguments.of("/a -- ...", List.of(), true),
        Arguments.of("/a -- ...", List.of("-x", "../y"), true),
        Arguments.of("/a -- status *", List.of("status", "nginx"), true),
        Arguments.of("/a -- status *", List.of("status"), false),
        Arguments.of("/a -- status *", List.of("status", "a", "b"), false),
        Arguments.of("/a -- status *", List.of("stop", "nginx"), false),
        Arguments.of("/a -- status *", List.of("status", "--no-pager"), false),
        Arguments.of("/a -- status *", List.of("status", ""), true),
        Arguments.of("/a -- /var/log/*", List.of("/var/log/syslog"), true),
        Arguments.of("/a -- /var/log/*", List.of("/var/log/private/key"), false),
        Arguments.of("/a -- /var/log/*", List.of("/var/log/.."), false),
        Arguments.of("/a -- /var/log/*", List.of("/var/log/../../etc/shadow"), false),
        Arguments.of("/a -- -n?", List.of("-n5"), true),
        Arguments.of("/a -- -n?", List.of("-n"), false),
        Arguments.of("/a -- ?", List.of("-"), false),
        Arguments.of("/a -- a*b*c", List.of("a1b2bc"), true),
        Arguments.of("/a -- a*b*c", List.of("a1b2bd"), false),
        Arguments.of("/a -- x ...", List.of("x"), true),
        Arguments.of("/a -- x ...", List.of("y", "x"), false),
        Arguments.of("/a b -- x", List.of("x"), true));
  }

  @ParameterizedTest
  @MethodSource("patterns")
  void given_a_pattern_then_it_stands_for_these_arguments_and_no_others(
      String entry, List<String> args, boolean matches) {
    assertThat(CommandEntry.of(entry).matches(args)).isEqualTo(matches);
  }

  @Test
  void given_a_hostile_argument_then_matching_it_takes_no_time() {
    CommandEntry entry = CommandEntry.of("/a -- " + "*a".repeat(30) + "b");
    assertThat(entry.matches(List.of("a".repeat(100_000)))).isFalse();
  }

  @Test
  void given_a_slash_at_the_end_then_the_tree_is_meant() {
    assertThat(CommandEntry.of("/opt//tools/ -- x"))
        .isEqualTo(new CommandEntry("/opt//tools/ -- x", "/opt/tools", true, List.of("x")));
    assertThat(CommandEntry.of("/opt/a b -- ...").path()).isEqualTo("/opt/a b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "",
        "bin/true",
        "./true",
        "/bin/../true",
        "/./true",
        "/a\nb",
        "/a -- ... x",
        "true -- x",
        " /bin/true",
        "/bin/rm -rf /",
        "/bin/systemctl stop nginx",
        "/bin/*"
      })
  void given_what_names_no_file_then_it_is_no_entry(String entry) {
    assertThat(CommandEntry.fault(entry)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a;b",
        "a&b",
        "a|b",
        "a>b",
        "a<b",
        "$a",
        "`a`",
        "'a'",
        "\"a\"",
        "a\\b",
        "a*",
        "a?",
        "[a]",
        "{a,b}",
        "~",
        "a#b",
        "!a",
        "(a)",
        "a\nb",
        "a\rb",
        "A=b c",
        "",
        "   ",
        "ä",
        "a\u00a0b",
        "a\u0000b",
        "a^b"
      })
  void given_a_line_that_only_a_shell_understands_then_it_is_not_of_plain_words(String line) {
    assertThat(ShellLine.plainWords(line)).isEmpty();
  }

  @Test
  void given_plain_words_then_they_are_what_a_shell_would_make_of_them() {
    assertThat(ShellLine.plainWords(" /bin/ls\t-la  --color=no /a/b:c,d@e%f+g_h "))
        .contains(List.of("/bin/ls", "-la", "--color=no", "/a/b:c,d@e%f+g_h"));
  }

  static Stream<Arguments> firstLines() {
    return Stream.of(
        Arguments.of("#!/bin/sh\necho", new Interpreter("/bin/sh", null)),
        Arguments.of("#! \t/bin/sh  -e -x \t\n", new Interpreter("/bin/sh", "-e -x")),
        Arguments.of("#!/usr/bin/env python3", new Interpreter("/usr/bin/env", "python3")),
        Arguments.of("#!sh\n", new Interpreter("sh", null)),
        Arguments.of("#!/bin/sh\0x\n", new Interpreter("/bin/sh", null)));
  }

  @ParameterizedTest
  @MethodSource("firstLines")
  void given_a_script_then_its_first_line_is_read_as_linux_does(String head, Interpreter line) {
    assertThat(Interpreter.of(head.getBytes(StandardCharsets.UTF_8))).isEqualTo(Optional.of(line));
  }

  @Test
  void given_no_script_then_there_is_no_interpreter() {
    assertThat(Interpreter.of(new byte[] {0x7f, 'E', 'L', 'F'})).isEmpty();
    assertThat(Interpreter.of(new byte[0])).isEmpty();
  }

  @Test
  void given_variables_then_those_that_steer_programs_are_known() {
    for (String name :
        List.of("LD_PRELOAD", "GLIBC_TUNABLES", "BASH_ENV", "ENV", "PYTHONPATH", "PERL5OPT")) {
      assertThat(SteeringVariables.has(name)).as(name).isTrue();
    }
    for (String name : List.of("LANG", "LC_ALL", "TZ", "TERM", "TARGET", "PATH", "USER")) {
      assertThat(SteeringVariables.has(name)).as(name).isFalse();
    }
  }
}
