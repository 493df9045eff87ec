package com.limiquantix.agent.handlers.exec;

import static com.limiquantix.agent.handlers.exec.ExecFixture.program;
import static com.limiquantix.agent.handlers.exec.ExecFixture.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.handlers.internal.jna.JnaPosix.Feature;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Execute promises, on any system that the agent supports. */
abstract class ExecContract {
  static final ExecLimits LIMITS =
      new ExecLimits(
          Duration.ofSeconds(30),
          8,
          4,
          1 << 20,
          4 << 20,
          64L << 20,
          Duration.ofMillis(300),
          Duration.ofMillis(100));

  Path directory;
  ExecFixture exec;

  /** What the system lacks. */
  abstract Set<Feature> hidden();

  @BeforeEach
  void open(@TempDir Path fresh) throws IOException {
    directory = fresh;
    assumeTrue(System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux"));
    exec = new ExecFixture(LIMITS, hidden());
  }

  @AfterEach
  void close() {
    if (exec != null) {
      exec.close();
    }
  }

  // Running

  @Test
  void given_arguments_when_run_then_they_arrive_as_they_are() {
    ExecuteResponse response =
        exec.run(program("printf", "%s|", "a b", "", "$HOME;`id`", "ä\"'\n", "-n"));
    assertThat(response.getStdout()).isEqualTo("a b||$HOME;`id`|ä\"'\n|-n|");
    assertThat(response.getExitCode()).isZero();
    assertThat(response.getTruncated()).isFalse();
    assertThat(response.getTimedOut()).isFalse();
    assertThat(response.getError()).isEmpty();
  }

  @Test
  void given_no_arguments_when_run_then_the_shell_gets_the_line() {
    ExecuteResponse response = exec.run(shell("echo out; echo err >&2; exit 7"));
    assertThat(response.getStdout()).isEqualTo("out\n");
    assertThat(response.getStderr()).isEqualTo("err\n");
    assertThat(response.getExitCode()).isEqualTo(7);
  }

  @Test
  void given_a_command_ended_by_a_signal_then_the_exit_code_is_128_plus_its_number() {
    assertThat(exec.run(shell("kill -SEGV $$")).getExitCode()).isEqualTo(128 + 11);
  }

  @Test
  void given_a_command_that_sleeps_then_the_duration_is_in_milliseconds() {
    assertThat(exec.run(program("sleep", "0.2")).getDurationMs()).isBetween(200L, 5000L);
  }

  @Test
  void given_a_command_that_reads_then_its_input_is_empty() {
    assertThat(exec.run(shell("wc -c; readlink /proc/self/fd/0")).getStdout())
        .isEqualTo("0\n/dev/null\n");
  }

  @Test
  void given_megabytes_on_stderr_before_stdout_then_both_are_read_together() {
    ExecuteResponse response =
        exec.run(
            shell("head -c 10000000 /dev/zero | tr '\\0' e >&2; echo done")
                .setMaxOutputBytes(1000));
    assertThat(response.getStdout()).isEqualTo("done\n");
    assertThat(response.getStderr()).isEqualTo("e".repeat(1000));
    assertThat(response.getTruncated()).isTrue();
  }

  @Test
  void given_no_wait_then_the_answer_comes_at_once_and_the_command_lives_on_until_reaped() {
    Path pidFile = directory.resolve("pid");
    ExecuteResponse response =
        exec.run(
            shell("echo $$ >" + pidFile + ".new; mv " + pidFile + ".new " + pidFile + "; sleep 0.5")
                .setWaitForExit(false));
    assertThat(response.getExitCode()).isZero();
    await("the pid file", () -> Files.exists(pidFile));
    int pid = Integer.parseInt(read(pidFile).strip());
    assertThat(ProcessTable.read(pid)).isPresent();
    await("its end", () -> ProcessTable.read(pid).isEmpty());
  }

  @Test
  void given_no_wait_but_a_timeout_then_the_command_is_ended() {
    Path pidFile = directory.resolve("pid");
    exec.run(
        shell("echo $$ >" + pidFile + ".new; mv " + pidFile + ".new " + pidFile + "; sleep 60")
            .setTimeoutSeconds(1)
            .setWaitForExit(false));
    await("the pid file", () -> Files.exists(pidFile));
    int pid = Integer.parseInt(read(pidFile).strip());
    await("its end", () -> sessionOf(pid).isEmpty());
  }

  // Output

  @Test
  void given_bytes_that_are_not_utf8_then_they_are_replaced() {
    assertThat(exec.run(program("printf", "a\\377\\303b\\303\\251")).getStdout())
        .isEqualTo("a\uFFFD\uFFFDbé");
  }

  @Test
  void given_a_limit_inside_a_character_then_the_character_is_left_out() {
    ExecuteResponse response = exec.run(program("printf", "xxéé€").setMaxOutputBytes(5));
    assertThat(response.getStdout()).isEqualTo("xxé");
    assertThat(response.getTruncated()).isTrue();
  }

  @Test
  void given_output_of_just_the_limit_then_it_is_not_truncated() {
    ExecuteResponse response = exec.run(program("printf", "12345").setMaxOutputBytes(5));
    assertThat(response.getStdout()).isEqualTo("12345");
    assertThat(response.getTruncated()).isFalse();
  }

  @Test
  void given_no_limit_then_a_mebibyte_of_each_is_kept() {
    ExecuteResponse response =
        exec.run(shell("head -c 1048577 /dev/zero; head -c 1048576 /dev/zero >&2"));
    assertThat(response.getStdoutBytes().size()).isEqualTo(1 << 20);
    assertThat(response.getStderrBytes().size()).isEqualTo(1 << 20);
    assertThat(response.getTruncated()).isTrue();
  }

  // What a command is born with

  @Test
  void given_an_environment_then_it_is_added_to_a_small_default_and_nothing_is_inherited() {
    List<String> lines =
        exec.run(program("/usr/bin/env", "-u", "NOT_SET").putEnvironment("A_B", "x=y z"))
            .getStdout()
            .lines()
            .sorted()
            .toList();
    assertThat(lines.stream().map(line -> line.substring(0, line.indexOf('='))))
        .containsExactly("A_B", "HOME", "LANG", "LOGNAME", "PATH", "SHELL", "USER");
    assertThat(lines).contains("A_B=x=y z", "LANG=C.UTF-8");
  }

  @Test
  void given_a_path_variable_then_programs_are_looked_up_there() throws IOException {
    script(directory.resolve("qx-test-tool"), "#!/bin/sh\necho found\n", "rwxr-xr-x");
    assertThat(
            exec.run(program("qx-test-tool", "x").putEnvironment("PATH", "/nowhere:" + directory))
                .getStdout())
        .isEqualTo("found\n");
  }

  @Test
  void given_a_working_directory_then_the_command_and_relative_programs_start_there()
      throws IOException {
    Path odd = Files.createDirectory(directory.resolve("a b"));
    script(odd.resolve("tool"), "#!/bin/sh\npwd\n", "rwxr-xr-x");
    assertThat(exec.run(program("./tool", "x").setWorkingDirectory(odd.toString())).getStdout())
        .isEqualTo(odd.toRealPath() + "\n");
    assertThat(exec.run(shell("pwd")).getStdout()).isEqualTo("/\n");
  }

  @Test
  void given_open_descriptors_in_the_agent_then_the_command_has_three_only() {
    assertThat(
            exec.run(shell("ls /proc/self/fd | wc -l; ls /proc/$$/fd | tr '\\n' ' '")).getStdout())
        .isEqualTo("4\n0 1 2 ");
  }

  @Test
  void given_the_agents_signal_handling_then_the_command_has_the_default() {
    assertThat(exec.run(program("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")).getStdout())
        .isEqualTo("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  }

  @Test
  void given_a_command_then_it_leads_a_session_and_a_process_group_of_its_own() {
    String[] stat = exec.run(program("cat", "/proc/self/stat")).getStdout().split(" ");
    assertThat(stat[4]).as("process group").isEqualTo(stat[0]);
    assertThat(stat[5]).as("session").isEqualTo(stat[0]);
  }

  @Test
  void given_any_umask_of_the_agent_then_the_command_has_022() {
    assumeTrue(!hidden().contains(Feature.OWN_DIRECTORY));
    assertThat(exec.run(shell("umask")).getStdout()).isEqualTo("0022\n");
  }

  // Failing to start

  @Test
  void given_a_missing_program_then_not_found_names_it() {
    assertFails(program("/no/such/program", "x"), Status.Code.NOT_FOUND, "no such file");
    assertFails(program("qx-no-such-program", "x"), Status.Code.NOT_FOUND, "directories of PATH");
    assertFails(program("/etc/passwd/x", "x"), Status.Code.NOT_FOUND, "not a directory");
  }

  @Test
  void given_a_file_without_execute_permission_then_the_call_says_so() throws IOException {
    Path file = script(directory.resolve("plain"), "#!/bin/sh\n", "rw-r--r--");
    assertFails(program(file.toString(), "x"), Status.Code.FAILED_PRECONDITION, "not executable");
  }

  @Test
  void given_a_directory_then_the_call_says_so() {
    assertFails(
        program(directory.toString(), "x"), Status.Code.FAILED_PRECONDITION, "is a directory");
  }

  @Test
  void given_a_script_without_a_first_line_then_the_call_says_so() throws IOException {
    Path file = script(directory.resolve("bare"), "echo hello\n", "rwxr-xr-x");
    assertFails(program(file.toString(), "x"), Status.Code.FAILED_PRECONDITION, "#!");
  }

  @Test
  void given_a_script_whose_interpreter_is_missing_then_the_call_names_the_interpreter()
      throws IOException {
    Path file = script(directory.resolve("lost"), "#!/no/such/interp -x\n", "rwxr-xr-x");
    assertFails(program(file.toString(), "x"), Status.Code.NOT_FOUND, "\"/no/such/interp\"");
  }

  @Test
  void given_too_long_an_argument_then_invalid_argument() {
    assertFails(
        program("echo", "x".repeat(200_000)), Status.Code.INVALID_ARGUMENT, "more arguments");
  }

  @Test
  void given_texts_that_no_process_can_get_then_invalid_argument() {
    assertFails(program("", "x"), Status.Code.INVALID_ARGUMENT, "empty");
    assertFails(program("a\0b", "x"), Status.Code.INVALID_ARGUMENT, "NUL");
    assertFails(program("echo", "a\0b"), Status.Code.INVALID_ARGUMENT, "args[0]");
    assertFails(
        shell("true").putEnvironment("A=B", "x"), Status.Code.INVALID_ARGUMENT, "contains =");
    assertFails(shell("true").putEnvironment("A", "x\0"), Status.Code.INVALID_ARGUMENT, "NUL");
  }

  @Test
  void given_limits_beyond_the_configured_ones_then_invalid_argument_names_them() {
    assertFails(shell("true").setTimeoutSeconds(31), Status.Code.INVALID_ARGUMENT, "maximum of 30");
    assertFails(
        shell("true").setMaxOutputBytes((4 << 20) + 1), Status.Code.INVALID_ARGUMENT, "4194304");
  }

  @Test
  void given_a_bad_working_directory_then_the_call_says_which() {
    assertFails(
        shell("true").setWorkingDirectory("/no/such"), Status.Code.NOT_FOUND, "\"/no/such\"");
    assertFails(
        shell("true").setWorkingDirectory("/etc/passwd"),
        Status.Code.FAILED_PRECONDITION,
        "not a directory");
    assertFails(shell("true").setWorkingDirectory("tmp"), Status.Code.INVALID_ARGUMENT, "absolute");
  }

  @Test
  void given_an_unknown_user_or_group_then_invalid_argument_names_it() {
    assertFails(shell("true").setRunAsUser("qx-nobody"), Status.Code.INVALID_ARGUMENT, "qx-nobody");
    assertFails(shell("true").setRunAsGroup("qx-none"), Status.Code.INVALID_ARGUMENT, "qx-none");
    assertFails(
        shell("true").setRunAsUser("4242424"), Status.Code.INVALID_ARGUMENT, "run_as_group");
    assertFails(
        shell("true").setRunAsUser("4294967295"), Status.Code.INVALID_ARGUMENT, "429496729");
  }

  // Running as somebody else

  @Test
  void given_another_user_then_ids_groups_and_environment_are_that_users() {
    assumeRoot();
    assertThat(
            exec.run(
                    shell("id -u; id -g; id -G; echo $HOME $USER; pwd; umask")
                        .setRunAsUser("nobody"))
                .getStdout()
                .lines())
        .startsWith("65534", "65534", "65534", "/nonexistent nobody", "/");
  }

  @Test
  void given_supplementary_groups_then_the_users_other_groups_come_along() throws IOException {
    assumeRoot();
    // root's own groups plus a group given by hand show both sides without changing accounts.
    assertThat(exec.run(shell("id -G").setRunAsUser("0").setRunAsGroup("4242")).getStdout())
        .isEqualTo("4242\n");
    assertThat(
            exec.run(
                    shell("id -G")
                        .setRunAsUser("root")
                        .setRunAsGroup("4242")
                        .setIncludeSupplementaryGroups(true))
                .getStdout()
                .strip()
                .split(" "))
        .contains("4242");
    assertThat(exec.run(shell("id -u; id -G").setRunAsUser("1234").setRunAsGroup("99")).getStdout())
        .isEqualTo("1234\n99\n");
  }

  @Test
  void given_another_user_then_arguments_arrive_as_they_are_and_exit_codes_are_the_programs() {
    assumeRoot();
    assertThat(
            exec.run(program("printf", "%s|", "a b", "--groups=0", "$X").setRunAsUser("nobody"))
                .getStdout())
        .isEqualTo("a b|--groups=0|$X|");
    assertThat(exec.run(shell("exit 127").setRunAsUser("nobody")).getExitCode()).isEqualTo(127);
    assertThat(exec.run(shell("exit 1").setRunAsUser("nobody")).getExitCode()).isEqualTo(1);
    assertThat(exec.run(program("env", "/no/such").setRunAsUser("nobody")).getExitCode())
        .isEqualTo(127);
  }

  @Test
  void given_another_user_then_loader_variables_reach_the_program_but_not_what_runs_as_root() {
    assumeRoot();
    ExecuteResponse response =
        exec.run(
            shell("echo $LD_LIBRARY_PATH $PLAIN; grep -c . /proc/self/cmdline")
                .putEnvironment("LD_LIBRARY_PATH", "/opt/x/lib")
                .putEnvironment("PLAIN", "p")
                .setRunAsUser("nobody"));
    assertThat(response.getStdout()).startsWith("/opt/x/lib p\n");
    // The loader complains on stderr each time that it preloads in vain: the program, not env or
    // chroot.
    ExecuteResponse preloaded =
        exec.run(
            program("true", "x")
                .putEnvironment("LD_PRELOAD", "/no/such/lib.so")
                .setRunAsUser("nobody"));
    assertThat(preloaded.getStderr().lines()).hasSize(1);
  }

  @Test
  void given_another_user_then_failures_to_execute_are_exact() throws IOException {
    assumeRoot();
    Path secret = script(directory.resolve("secret"), "#!/bin/sh\n", "rwx------");
    assertFails(
        program(secret.toString(), "x").setRunAsUser("nobody"),
        Status.Code.PERMISSION_DENIED,
        secret.toString());
    assertFails(
        program(secret.toString(), "x").setRunAsUser("nobody").setWaitForExit(false),
        Status.Code.PERMISSION_DENIED,
        secret.toString());
    Path lost = script(directory.resolve("lost"), "#!/no/such/interp\n", "rwxr-xr-x");
    assertFails(
        program(lost.toString(), "x").setRunAsUser("nobody"), Status.Code.NOT_FOUND, "interp");
    Path bare = script(directory.resolve("bare"), "echo hello\n", "rwxr-xr-x");
    assertFails(
        program(bare.toString(), "x").setRunAsUser("nobody"),
        Status.Code.FAILED_PRECONDITION,
        "#!");
    assertFails(
        program("/no/such", "x").setRunAsUser("nobody"), Status.Code.NOT_FOUND, "no such file");
  }

  @Test
  void given_another_user_and_too_long_an_argument_then_invalid_argument() {
    assumeRoot();
    assertFails(
        program("echo", "x".repeat(200_000)).setRunAsUser("nobody"),
        Status.Code.INVALID_ARGUMENT,
        "more arguments");
  }

  @Test
  void given_another_user_and_no_wait_then_the_program_itself_runs_at_the_answer() {
    assumeRoot();
    ExecuteResponse response =
        exec.run(program("sleep", "1.25").setRunAsUser("nobody").setWaitForExit(false));
    assertThat(response.getExitCode()).isZero();
    assertThat(ProcessTable.readAll().stream().map(ProcessTable.Entry::name)).contains("sleep");
  }

  // Ending

  @Test
  void given_a_timeout_then_the_output_so_far_is_answered() {
    ExecuteResponse response = exec.run(shell("echo begun; sleep 60").setTimeoutSeconds(1));
    assertThat(response.getTimedOut()).isTrue();
    assertThat(response.getStdout()).isEqualTo("begun\n");
    assertThat(response.getExitCode()).isEqualTo(128 + 15);
    // The time limit runs from the request, the duration from the start of the command.
    assertThat(response.getDurationMs()).isBetween(900L, 5000L);
  }

  @Test
  void given_a_command_that_ignores_sigterm_then_it_is_killed_after_the_grace() {
    ExecuteResponse response =
        exec.run(
            shell("trap '' TERM; echo begun; while :; do sleep 0.1; done").setTimeoutSeconds(1));
    assertThat(response.getTimedOut()).isTrue();
    assertThat(response.getExitCode()).isEqualTo(128 + 9);
  }

  @Test
  void given_a_grandchild_that_holds_the_pipe_then_the_answer_does_not_wait_for_it() {
    long start = System.nanoTime();
    ExecuteResponse response = exec.run(shell("echo $$; sleep 60 & exit 3"));
    assertThat(response.getExitCode()).isEqualTo(3);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    int session = Integer.parseInt(response.getStdout().strip());
    await("the straggler's end", () -> sessionOf(session).isEmpty());
  }

  @Test
  void given_a_silent_straggler_then_it_ends_with_its_command() {
    ExecuteResponse response = exec.run(shell("echo $$; sleep 60 >/dev/null 2>&1 &"));
    int session = Integer.parseInt(response.getStdout().strip());
    await("the straggler's end", () -> sessionOf(session).isEmpty());
  }

  @Test
  void given_a_cancelled_call_then_the_whole_tree_is_ended() {
    Path pids = directory.resolve("pids");
    // A child, a grandchild in a group of its own that ignores SIGTERM, and one in its own session.
    String line =
        "echo $$ >>PIDS; sleep 61 & echo $! >>PIDS;"
            + " sh -c 'trap \"\" TERM; echo $$ >>PIDS; while :; do sleep 0.1; done' &"
            + " setsid -w sh -c 'echo $$ >>PIDS; sleep 62; :' & wait";
    ListenableFuture<ExecuteResponse> call = future(shell(line.replace("PIDS", pids.toString())));
    await("all four", () -> Files.exists(pids) && read(pids).lines().count() == 4);
    List<Integer> all = read(pids).lines().map(Integer::parseInt).toList();
    call.cancel(true);
    await("their end", () -> all.stream().noneMatch(this::isAlive));
    await("the session's end", () -> sessionOf(all.get(0)).isEmpty());
  }

  @Test
  void given_a_deadline_that_passes_then_the_command_is_ended() {
    Path pidFile = directory.resolve("pid");
    ExecuteRequest request = shell("echo $$ >" + pidFile + "; sleep 60").build();
    assertThatThrownBy(
            () -> exec.stub().withDeadlineAfter(700, TimeUnit.MILLISECONDS).execute(request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    int pid = Integer.parseInt(read(pidFile).strip());
    await("its end", () -> sessionOf(pid).isEmpty());
  }

  @Test
  void given_as_many_commands_as_allowed_then_one_more_is_refused_until_one_ends() {
    List<ListenableFuture<ExecuteResponse>> calls = new ArrayList<>();
    Path marks = directory.resolve("marks");
    for (int i = 0; i < LIMITS.maxCommands(); i++) {
      calls.add(future(shell("echo x >>" + marks + "; sleep 60")));
    }
    await("all", () -> Files.exists(marks) && read(marks).lines().count() == LIMITS.maxCommands());
    assertFails(shell("true"), Status.Code.RESOURCE_EXHAUSTED, "8 commands");
    calls.forEach(call -> call.cancel(true));
    await(
        "room",
        () -> {
          try {
            return exec.run(shell("true")).getExitCode() == 0;
          } catch (StatusRuntimeException e) {
            return false;
          }
        });
  }

  @Test
  void given_a_file_system_that_does_not_answer_then_other_commands_run_and_a_timeout_is_answered()
      throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "python3 takes the lease");
    // Detached commands of other tests may still be there.
    List<Integer> others = ownChildren();
    Path stalled = script(directory.resolve("stalled"), "#!/bin/true\n", "rwxr-xr-x");
    Path leased = directory.resolve("leased");
    // Until a write lease is given up, opening the file blocks, fcntl(2), as a dead server would.
    String holder =
        """
        import fcntl, os, signal, sys, time
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        fcntl.fcntl(os.open(sys.argv[1], os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_WRLCK)
        open(sys.argv[2], 'w').close()
        time.sleep(60)
        """;
    ListenableFuture<ExecuteResponse> lease =
        future(program("/usr/bin/python3", "-c", holder, stalled.toString(), leased.toString()));
    await("the lease", () -> Files.exists(leased));
    ListenableFuture<ExecuteResponse> hung =
        future(program(stalled.toString(), "x").setTimeoutSeconds(1));
    assertThat(exec.run(shell("true")).getExitCode()).isZero();
    assertThat(hung)
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableOfType(java.util.concurrent.ExecutionException.class)
        .withMessageContaining("DEADLINE_EXCEEDED")
        .withMessageContaining("before it could start");
    lease.cancel(true);
    await("the hung command's end", () -> others.containsAll(ownChildren()));
  }

  @Test
  void given_a_closed_spawner_then_its_commands_are_ended_and_new_ones_refused() {
    Path pidFile = directory.resolve("pid");
    ListenableFuture<ExecuteResponse> call =
        future(
            shell(
                "echo $$ >" + pidFile + ".new; mv " + pidFile + ".new " + pidFile + "; sleep 60"));
    await("the pid file", () -> Files.exists(pidFile));
    exec.spawner.close();
    assertThat(sessionOf(Integer.parseInt(read(pidFile).strip()))).isEmpty();
    assertThat(call).succeedsWithin(Duration.ofSeconds(5));
    assertFails(shell("true"), Status.Code.UNAVAILABLE, "ending");
  }

  @Test
  void given_hundreds_of_commands_then_nothing_grows() {
    exec.run(shell("true"));
    List<Integer> others = ownChildren();
    int descriptors = descriptors();
    Set<Long> known = ownThreads();
    for (int i = 0; i < 200; i++) {
      assertThat(exec.run(program("/bin/true", "x")).getExitCode()).isZero();
    }
    await("zombies to go", () -> others.containsAll(ownChildren()));
    await("descriptors to go", () -> descriptors() <= descriptors + 2);
    assertThat(ownThreads().size()).isLessThanOrEqualTo(known.size() + 2);
  }

  // Helpers

  void assertFails(ExecuteRequest.Builder request, Status.Code code, String text) {
    assertThatThrownBy(() -> exec.run(request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getDescription()).contains(text);
              assertThat(e.getStatus().getCode()).isEqualTo(code);
            });
  }

  private ListenableFuture<ExecuteResponse> future(ExecuteRequest.Builder request) {
    return ExecServiceGrpc.newFutureStub(exec.channel).execute(request.build());
  }

  private boolean isAlive(int pid) {
    return ProcessTable.read(pid).filter(entry -> !entry.isDead()).isPresent();
  }

  private static List<ProcessTable.Entry> sessionOf(int session) {
    return ProcessTable.readAll().stream()
        .filter(entry -> entry.session() == session && !entry.isDead())
        .toList();
  }

  static List<Integer> ownChildren() {
    int own = (int) ProcessHandle.current().pid();
    return ProcessTable.readAll().stream()
        .filter(entry -> entry.parent() == own)
        .map(ProcessTable.Entry::pid)
        .toList();
  }

  static int descriptors() {
    String[] names = new java.io.File("/proc/self/fd").list();
    return names == null ? 0 : names.length;
  }

  static Set<Long> ownThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("exec-"))
        .map(Thread::getId)
        .collect(Collectors.toSet());
  }

  private static void assumeRoot() {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can run as others");
  }

  private static Path script(Path file, String text, String mode) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    Path parent = file.getParent();
    if (parent != null) {
      Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return file;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Watches what no callback tells of: other processes. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time left to wait for " + what).isLessThan(end);
      LockSupport.parkNanos(2_000_000);
    }
  }
}
