package com.limiquantix.agent.handlers.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.security.policy.Policy;
import com.limiquantix.agent.security.policy.PolicyGuard;
import com.limiquantix.agent.security.policy.PolicySettings;
import com.limiquantix.agent.security.policy.Profile;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Commands under a policy, run for real: what passes, and what does not however it is put. */
@EnabledOnOs(OS.LINUX)
class CommandPolicyTest {
  /** Only root can change it; temporary folders don't count. */
  private static final Path ROOT_ONLY = Path.of("/opt");

  private Path tools;
  private Path users;
  private PolicyGuard guard;
  private ExecFixture exec;

  @BeforeEach
  void open() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "an allowlist needs root's files");
    assumeTrue(Files.isDirectory(ROOT_ONLY));
    tools = Files.createTempDirectory(ROOT_ONLY, "policy-test");
    Files.setPosixFilePermissions(tools, PosixFilePermissions.fromString("rwxr-xr-x"));
    users = Files.createTempDirectory("policy-test").toRealPath();
    program(tools.resolve("say"));
    program(tools.resolve("other"));
    program(tools.resolve("tree/bin/inner"));
    program(users.resolve("say"));
    script(tools.resolve("script"), "#!/bin/sh\necho script $*\n");
    script(tools.resolve("looked-up"), "#!/usr/bin/env sh\necho looked up $*\n");
    script(tools.resolve("nested"), "#!" + tools + "/script\n");
    script(tools.resolve("assigning"), "#!/usr/bin/env -S A=b sh\necho assigned\n");
    script(tools.resolve("by-user"), "#!" + users + "/say\n");
    script(tools.resolve("open-file"), "#!/bin/sh\necho open\n");
    Files.setPosixFilePermissions(
        tools.resolve("open-file"), PosixFilePermissions.fromString("rwxrwxrwx"));
    script(users.resolve("script"), "#!/bin/sh\necho users\n");
    link(tools.resolve("alias"), "say");
    link(tools.resolve("through-user"), users + "/to-other");
    link(users.resolve("to-other"), tools + "/other");
    link(users.resolve("to-say"), tools + "/say");
    link(users.resolve("to-sh"), "/bin/sh");
    link(users.resolve("to-tools"), tools.toString());
    Files.createLink(tools.resolve("hard"), tools.resolve("other"));
    guard = PolicyGuard.open();
    exec = new ExecFixture(ExecContract.LIMITS, Set.of(), null, guard);
  }

  @AfterEach
  void close() throws IOException {
    if (exec != null) {
      exec.close();
    }
    remove(tools);
    remove(users);
  }

  private static void remove(@Nullable Path folder) throws IOException {
    if (folder != null) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static void program(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.copy(Path.of("/bin/echo"), file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void script(Path file, String content) throws IOException {
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void link(Path link, String target) throws IOException {
    Files.createSymbolicLink(link, Path.of(target));
  }

  private void allow(String... entries) {
    guard.replace(Policy.of(settings(List.of(entries), List.of(), true, List.of())));
  }

  private void block(String... entries) {
    guard.replace(Policy.of(settings(List.of(), List.of(entries), true, List.of())));
  }

  private static PolicySettings settings(
      List<String> allow, List<String> block, boolean shell, List<String> users) {
    return PolicySettings.OPEN.toBuilder()
        .commandAllowlist(allow)
        .commandBlocklist(block)
        .allowShell(shell)
        .allowedUsers(users)
        .build();
  }

  private String run(ExecuteRequest.Builder request) {
    ExecuteResponse response = exec.run(request);
    assertThat(response.getExitCode()).as(response.getStderr()).isZero();
    return response.getStdout();
  }

  private static ExecuteRequest.Builder direct(String... words) {
    return ExecFixture.program(
        words[0], List.of(words).subList(1, words.length).toArray(new String[0]));
  }

  private void assertRefused(ExecuteRequest.Builder request, String key) {
    StatusRuntimeException refusal =
        catchThrowableOfType(StatusRuntimeException.class, () -> exec.run(request));
    assertThat(refusal).as(request.toString()).isNotNull();
    assertThat(refusal.getStatus().getCode())
        .as("%s: %s", request, refusal.getMessage())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refusal.getStatus().getDescription())
        .as(request.toString())
        .contains("is refused by the guest's policy (security." + key);
  }

  /** All that is listed in the table of bypasses below, and nothing else. */
  private void allowTheTable() {
    allow(
        tools + "/say",
        tools + "/script",
        tools + "/looked-up",
        tools + "/nested",
        tools + "/tree/",
        tools + "/by-user",
        tools + "/open-file",
        tools + "/through-user",
        tools + "/assigning",
        "/usr/bin/printf -- %s word ...",
        users + "/say",
        users + "/script");
  }

  /** Ways to write the path of a file in a folder. */
  private static List<String> spelled(String folder, String name) {
    String last = folder.substring(folder.lastIndexOf('/'));
    return List.of(
        folder + "/" + name,
        folder + "//" + name,
        "//" + folder + "/" + name,
        folder + "/./" + name,
        folder + "/../" + last + "/" + name,
        "/.." + folder + "/" + name,
        "/proc/self/root" + folder + "/" + name,
        "/proc/self/root/proc/self/root" + folder + "/" + name,
        folder + "/" + "./././" + name);
  }

  private List<ExecuteRequest.Builder> bypasses() {
    List<ExecuteRequest.Builder> all = new ArrayList<>();
    String[][] places = {
      {tools.toString(), "other"},
      {tools.toString(), "hard"},
      {tools.toString(), "by-user"},
      {tools.toString(), "open-file"},
      {tools.toString(), "through-user"},
      {tools.toString(), "assigning"},
      {users.toString(), "say"},
      {users.toString(), "script"},
      {users.toString(), "to-other"},
      {users.toString(), "to-sh"},
      {users + "/to-tools", "other"},
      {"/bin", "sh"},
      {"/usr/bin", "env"},
      {"/usr/bin", "id"},
    };
    for (String[] place : places) {
      for (String path : spelled(place[0], place[1])) {
        // From a folder that is a link, .. leads elsewhere.
        if (path.contains("/../") && place[0].endsWith("to-tools")) {
          continue;
        }
        all.add(direct(path, "x"));
      }
    }
    for (String line :
        List.of(
            tools + "/say a; " + tools + "/other b",
            tools + "/say a\n" + tools + "/other b",
            tools + "/say a && id",
            tools + "/say a || id",
            tools + "/say a | sh",
            tools + "/say a & id",
            tools + "/say `id`",
            tools + "/say $(id)",
            tools + "/say $HOME",
            tools + "/say > /tmp/never",
            tools + "/say < /etc/passwd",
            tools + "/say 'quoted'",
            tools + "/say \"quoted\"",
            tools + "/say \\a",
            tools + "/say *",
            tools + "/say ~",
            tools + "/say {a,b}",
            tools + "/s?y",
            tools + "/[s]ay",
            "A=b " + tools + "/say",
            "PATH=" + users + " say",
            "LD_PRELOAD=/tmp/x.so " + tools + "/say",
            "(" + tools + "/say a)",
            "{ " + tools + "/say a; }",
            "! " + tools + "/say a",
            "# " + tools + "/say a",
            tools + "/say a\r" + tools + "/other",
            tools + "/say a\u00a0b",
            "env " + tools + "/say",
            "env A=b " + tools + "/other a",
            "sh -c id",
            "/bin/sh -c id",
            "id",
            "/usr/bin/id",
            "nice id",
            "timeout 1 id",
            "find /etc -maxdepth 0 -exec id +",
            tools + "/other a")) {
      all.add(ExecFixture.shell(line));
    }
    for (String name :
        List.of(
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "GCONV_PATH",
            "GLIBC_TUNABLES",
            "BASH_ENV",
            "ENV",
            "IFS",
            "PS4",
            "SHELLOPTS",
            "BASH_FUNC_echo%%",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "PERL5LIB",
            "PERL5OPT",
            "RUBYOPT",
            "NODE_OPTIONS",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "LOCPATH",
            "HOME",
            "TERMINFO",
            "GIT_SSH_COMMAND",
            "PAGER")) {
      all.add(direct(tools + "/script", "x").putEnvironment(name, "/tmp"));
    }
    for (String path :
        List.of(
            users.toString(), users + ":/usr/bin", "", ".", "/usr/bin:", "bin", "/tmp/no/way")) {
      all.add(direct(tools + "/script", "x").putEnvironment("PATH", path));
    }
    for (List<String> args :
        List.of(
            List.of("%s"),
            List.of("%d", "word"),
            List.of("-v", "%s", "word"),
            List.of("%s", "word2"),
            List.of("%s ", "word"))) {
      all.add(ExecFixture.program("/usr/bin/printf", args.toArray(new String[0])));
    }
    all.add(direct("./other", "x").setWorkingDirectory(tools.toString()));
    all.add(
        direct("../" + tools.getFileName() + "/other", "x").setWorkingDirectory(tools.toString()));
    all.add(direct("./to-sh", "-c", "id").setWorkingDirectory(users.toString()));
    all.add(direct(tools + "/other", "x").setRunAsUser("nobody"));
    all.add(direct(users + "/to-other", "x").setRunAsUser("nobody"));
    all.add(direct(tools + "/by-user", "x").setRunAsUser("nobody"));
    return all;
  }

  @Test
  void given_an_allowlist_then_nothing_else_runs_however_it_is_put() {
    allowTheTable();
    List<ExecuteRequest.Builder> bypasses = bypasses();

    assertThat(bypasses).hasSizeGreaterThan(150);
    for (ExecuteRequest.Builder bypass : bypasses) {
      boolean missing = bypass.getEnvironmentMap().containsKey("PATH");
      assertRefused(bypass, missing ? "command_allowlist" : "command_");
    }
    assertThat(Path.of("/tmp/never")).doesNotExist();
  }

  @Test
  void given_an_allowlist_then_what_is_listed_runs_however_it_is_put() {
    allowTheTable();
    int uses = 0;
    Map<String, String> outputs =
        Map.of(
            "say", "a b\n",
            "script", "script a b\n",
            "looked-up", "looked up a b\n",
            "nested", "script " + tools + "/nested a b\n",
            "tree/bin/inner", "a b\n");
    for (Map.Entry<String, String> program : outputs.entrySet()) {
      List<String> folders = List.of(tools.toString(), users + "/to-tools");
      for (String folder : folders) {
        for (String path : spelled(folder, program.getKey())) {
          if (!path.contains("/../")) {
            assertThat(run(direct(path, "a", "b"))).as(path).isEqualTo(program.getValue());
            uses++;
          }
        }
      }
      String path = tools + "/" + program.getKey();
      List<ExecuteRequest.Builder> ways =
          List.of(
              ExecFixture.shell(path + " a b"),
              ExecFixture.shell("  " + path + "\ta  b "),
              direct("./" + program.getKey(), "a", "b").setWorkingDirectory(tools.toString()),
              direct(path, "a", "b").putEnvironment("LANG", "C").putEnvironment("TARGET", "x;y"),
              direct(path, "a", "b").putEnvironment("PATH", tools + ":/usr/bin:/bin"),
              direct(path, "a", "b").setRunAsUser("nobody"),
              direct(path.substring(path.lastIndexOf('/') + 1), "a", "b")
                  .putEnvironment("PATH", tools + ":" + tools + "/tree/bin:/usr/bin:/bin"));
      for (ExecuteRequest.Builder way : ways) {
        assertThat(run(way)).as(way.toString()).isEqualTo(program.getValue());
        uses++;
      }
    }
    for (String argument :
        List.of(
            "", "a b", "$HOME", "`id`", ";id", "a\nb", "-n", "../..", "*", "ä", "LD_PRELOAD=x")) {
      assertThat(run(direct(tools + "/say", "x", argument))).isEqualTo("x " + argument + "\n");
      uses++;
    }
    for (List<String> args : List.of(List.of("%s", "word"), List.of("%s", "word", "-x", "../y"))) {
      assertThat(run(ExecFixture.program("printf", args.toArray(new String[0]))))
          .startsWith("word");
      uses++;
    }
    for (String line :
        List.of("printf %s word", "/bin/printf %s word", "/usr/bin/printf %s word")) {
      assertThat(run(ExecFixture.shell(line))).isEqualTo("word");
      uses++;
    }
    assertThat(uses).isGreaterThan(120);
  }

  @Test
  void given_a_name_of_a_program_with_many_then_only_what_it_does_by_that_name_is_allowed() {
    allow(tools + "/alias");

    assertThat(run(direct(tools + "/alias", "x"))).isEqualTo("x\n");
    assertThat(run(direct(users + "/to-tools/alias", "x"))).isEqualTo("x\n");
    assertRefused(direct(tools + "/say", "x"), "command_allowlist");
    assertRefused(direct(users + "/to-say", "x"), "command_allowlist");
  }

  @Test
  void given_a_listed_shell_then_lines_run() {
    allow("/bin/sh");

    assertThat(run(ExecFixture.shell("echo $((1 + 2)); echo b"))).isEqualTo("3\nb\n");
    assertRefused(direct(tools + "/say", "x"), "command_allowlist");
  }

  @Test
  void given_an_empty_allowlist_of_a_managed_guest_then_nothing_runs() {
    guard.replace(Policy.of(PolicySettings.OPEN.toBuilder().profile(Profile.MANAGED).build()));

    assertRefused(direct("/bin/true", "x"), "command_allowlist");
  }

  @Test
  void given_a_blocklist_then_what_it_names_does_not_run_by_any_of_its_names() throws IOException {
    link(users.resolve("alias-of-other"), tools + "/other");
    block(tools + "/other", tools + "/tree/", tools + "/say -- secret ...");

    for (String path : spelled(tools.toString(), "other")) {
      assertRefused(direct(path, "x"), "command_blocklist");
    }
    for (ExecuteRequest.Builder way :
        List.of(
            direct(tools + "/hard", "x"),
            direct(users + "/alias-of-other", "x"),
            direct(tools + "/through-user", "x"),
            direct(tools + "/tree/bin/inner", "x"),
            direct(tools + "/say", "secret", "x"),
            direct("env", "A=b", tools + "/other", "x"),
            direct("timeout", "1", users + "/to-other"),
            direct("sh", "-c", "true; " + tools + "/other x"),
            ExecFixture.shell(tools + "/other x"),
            ExecFixture.shell("true;" + tools + "/other x"),
            ExecFixture.shell("true\n" + tools + "/other x"),
            ExecFixture.shell("A=" + tools + "/other; $A x"),
            ExecFixture.shell("`" + tools + "/ot\"he\"r x`"),
            ExecFixture.shell("cd " + tools + "; '" + tools + "/other' x"))) {
      assertRefused(way, "command_blocklist");
    }
    assertThat(run(direct(tools + "/say", "x"))).isEqualTo("x\n");
    assertThat(run(ExecFixture.shell("echo a | cat; true"))).isEqualTo("a\n");
    assertThat(run(direct(users + "/script", "x"))).isEqualTo("users\n");
    assertThat(run(direct("cat", "/dev/null"))).isEmpty();
  }

  @Test
  void given_both_lists_then_the_blocklist_wins() {
    guard.replace(
        Policy.of(settings(List.of(tools + "/"), List.of(tools + "/other"), true, List.of())));

    assertThat(run(direct(tools + "/say", "x"))).isEqualTo("x\n");
    assertRefused(direct(tools + "/other", "x"), "command_blocklist");
  }

  @Test
  void given_no_shell_then_lines_of_plain_words_run_and_shells_do_not() {
    guard.replace(Policy.of(settings(List.of(), List.of(), false, List.of())));

    assertThat(run(ExecFixture.shell("echo a b"))).isEqualTo("a b\n");
    assertThat(run(direct(tools + "/script", "x"))).isEqualTo("script x\n");
    assertThat(run(direct(users + "/say", "x"))).isEqualTo("x\n");
    for (ExecuteRequest.Builder way :
        List.of(
            ExecFixture.shell("echo a; id"),
            ExecFixture.shell("sh -c id"),
            direct("sh", "-c", "id"),
            direct("/bin/bash", "-c", "id"),
            direct(users + "/to-sh", "-c", "id"))) {
      assertRefused(way, "allow_shell");
    }
  }

  @Test
  void given_allowed_users_then_commands_run_as_nobody_else_and_in_no_other_group() {
    guard.replace(Policy.of(settings(List.of(), List.of(), true, List.of("nobody"))));

    assertThat(run(direct("id", "-un").setRunAsUser("nobody"))).isEqualTo("nobody\n");
    assertRefused(direct("id", "-un"), "allowed_users");
    assertRefused(direct("id", "-un").setRunAsUser("0"), "allowed_users");
    assertRefused(direct("id", "-un").setRunAsUser("daemon"), "allowed_users");
    assertRefused(
        direct("id", "-un").setRunAsUser("nobody").setRunAsGroup("root"), "allowed_users");
  }

  @Test
  void given_a_policy_when_a_program_does_not_exist_then_that_is_what_is_said() {
    allowTheTable();
    assertThatThrownBy(() -> exec.run(direct(tools + "/nothing", "x")))
        .hasMessageStartingWith("NOT_FOUND");
    assertThatThrownBy(() -> exec.run(ExecFixture.shell("no-such-program x")))
        .hasMessageStartingWith("NOT_FOUND");
  }

  @Test
  void given_many_commands_then_no_descriptor_is_left() throws IOException {
    allowTheTable();
    List<ExecuteRequest.Builder> bypasses = bypasses();
    int before = descriptors();
    for (ExecuteRequest.Builder bypass : bypasses) {
      assertThatThrownBy(() -> exec.run(bypass)).isInstanceOf(StatusRuntimeException.class);
      run(direct(tools + "/nested", "x"));
    }
    assertThat(descriptors()).isLessThan(before + 20);
  }

  private static int descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return Math.toIntExact(open.count());
    }
  }

  @Test
  void given_a_program_that_runs_then_it_has_its_own_name() throws IOException {
    allow("/bin/sh");

    assertThat(run(ExecFixture.shell("read -r name </proc/$$/comm; echo $name; true")))
        .isEqualTo(Path.of("/bin/sh").toRealPath().getFileName() + "\n");
  }

  @Test
  void given_a_link_that_is_swapped_then_the_file_that_was_judged_is_the_one_that_runs()
      throws Exception {
    block(tools + "/other");
    Path swapped = users.resolve("swapped");
    link(swapped, tools + "/other");
    assertRefused(direct(swapped.toString(), "x"), "command_blocklist");
    Thread swapper =
        new Thread(
            () -> {
              try {
                Path next = users.resolve("next");
                while (!Thread.currentThread().isInterrupted()) {
                  link(next, tools + "/say");
                  Files.move(next, swapped, StandardCopyOption.ATOMIC_MOVE);
                  link(next, tools + "/other");
                  Files.move(next, swapped, StandardCopyOption.ATOMIC_MOVE);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    Files.delete(tools.resolve("other"));
    script(tools.resolve("other"), "#!/bin/sh\necho BLOCKED\n");
    swapper.start();
    int ran = 0;
    for (int i = 0; i < 300; i++) {
      try {
        assertThat(exec.run(direct(swapped.toString(), "x")).getStdout()).isEqualTo("x\n");
        ran++;
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode())
            .isIn(Status.Code.PERMISSION_DENIED, Status.Code.NOT_FOUND);
      }
    }
    swapper.interrupt();
    swapper.join();
    assertThat(ran).isPositive();
  }
}
