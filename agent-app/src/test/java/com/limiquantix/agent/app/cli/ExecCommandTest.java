package com.limiquantix.agent.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import io.grpc.Deadline;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExecCommandTest {

  @Test
  void passesOnBothOutputsUnalteredAndTheExitCode() throws Exception {
    FakeExec exec =
        FakeExec.answering(
            ExecuteResponse.newBuilder()
                .setStdout("\u001b[31mred\u001b[0m no newline")
                .setStderr("oops\r\n\t\u0000")
                .setExitCode(7));
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run("exec", "--", "cmd", "x")).isEqualTo(7);

      assertThat(cli.out()).isEqualTo("\u001b[31mred\u001b[0m no newline");
      assertThat(cli.err()).isEqualTo("oops\r\n\t\u0000");
    }
  }

  @Test
  void sendsEveryOption() throws Exception {
    ExecuteRequest request =
        requestOf(
            "exec --user web --group www --groups --cwd /srv --env A=1 --env B=x=y --env C="
                + " --timeout 5 --max-output 100 -- prog a -b --user");

    assertThat(request)
        .isEqualTo(
            ExecuteRequest.newBuilder()
                .setCommand("prog")
                .addArgs("a")
                .addArgs("-b")
                .addArgs("--user")
                .setRunAsUser("web")
                .setRunAsGroup("www")
                .setIncludeSupplementaryGroups(true)
                .setWorkingDirectory("/srv")
                .putEnvironment("A", "1")
                .putEnvironment("B", "x=y")
                .putEnvironment("C", "")
                .setTimeoutSeconds(5)
                .setMaxOutputBytes(100)
                .setWaitForExit(true)
                .build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exec prog -a --json         | prog | -a --json",
        "exec -- prog -- x           | prog | -- x",
        "exec prog -- x              | prog | -- x",
        "exec -- prog @/etc/hostname | prog | @/etc/hostname",
        "exec -- ping info           | ping | info",
        "exec -- -x y                | -x   | y",
      })
  void fromTheCommandOnEveryWordIsTheGuests(String words, String command, String args)
      throws Exception {
    ExecuteRequest request = requestOf(words);

    assertThat(request.getCommand()).isEqualTo(command);
    assertThat(String.join(" ", request.getArgsList())).isEqualTo(args);
  }

  @Test
  void wordsAreNeitherSplitNorTrimmedNorUnquoted() throws Exception {
    FakeExec exec = FakeExec.succeeding();
    try (Cli cli = new Cli(exec)) {
      cli.run("exec", "--", "prog", " a,b ", "\"q\"", "", "${sys:user.home}", "ä😀");
    }
    assertThat(exec.request.join().getArgsList())
        .containsExactly(" a,b ", "\"q\"", "", "${sys:user.home}", "ä😀");
  }

  @Test
  void aShellLineIsTheWordsJoinedByBlanks() throws Exception {
    ExecuteRequest request = requestOf("exec --shell -- echo $HOME | wc -c");

    assertThat(request.getCommand()).isEqualTo("echo $HOME | wc -c");
    assertThat(request.getArgsList()).isEmpty();
  }

  @Test
  void aCommandWithoutArgumentsIsQuotedForTheShellThatVersion1PutsBetween() throws Exception {
    assertThat(requestOf("exec true").getCommand()).isEqualTo("exec 'true'");
  }

  @Test
  void noWaitAsksNotToWait() throws Exception {
    assertThat(requestOf("exec --no-wait -- prog x").getWaitForExit()).isFalse();
  }

  @Test
  void aVariableWithoutValueIsTakenFromOurOwnEnvironment() throws Exception {
    FakeExec exec = FakeExec.succeeding();
    try (Cli cli = new Cli(exec)) {
      cli.variables.put("TOKEN", "s3cret");

      assertThat(cli.run("exec", "--env", "TOKEN", "--", "prog", "x")).isZero();
    }
    assertThat(exec.request.join().getEnvironmentMap()).containsOnly(Map.entry("TOKEN", "s3cret"));
  }

  @Test
  void aVariableThatWeLackIsRefused() throws Exception {
    try (Cli cli = new Cli(FakeExec.succeeding())) {
      assertThat(cli.run("exec", "--env", "TOKEN", "--", "prog", "x")).isEqualTo(125);

      assertThat(cli.err()).contains("--env TOKEN").contains("no such variable");
    }
  }

  @Test
  void whatCouldNotBeReadFromTheCommandLineIsRefusedWithoutShowingIt() throws Exception {
    try (Cli cli = new Cli(FakeExec.succeeding())) {
      assertThat(cli.run("exec", "--env", "TOKEN=s3cret\ufffd", "--", "prog", "x")).isEqualTo(125);

      assertThat(cli.err()).contains("the value of --env TOKEN").doesNotContain("s3cret");
    }
  }

  @Test
  void truncatedOutputIsToldOnStderr() throws Exception {
    FakeExec exec =
        FakeExec.answering(ExecuteResponse.newBuilder().setStdout("abc").setTruncated(true));
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run("exec", "--max-output", "3", "--", "prog", "x")).isZero();

      assertThat(cli.out()).isEqualTo("abc");
      assertThat(cli.err()).startsWith("qx-guest: the output is incomplete").contains(" 3 bytes");
    }
  }

  @Test
  void aCommandWhoseTimeWasOverHasTheExitCodeOfTimeout() throws Exception {
    FakeExec exec =
        FakeExec.answering(
            ExecuteResponse.newBuilder()
                .setStdout("so far")
                .setTimedOut(true)
                .setExitCode(137)
                .setDurationMs(2003));
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run("exec", "--timeout", "2", "--", "sleep", "9")).isEqualTo(124);

      assertThat(cli.out()).isEqualTo("so far");
      assertThat(cli.err()).contains("ended after 2003 ms because its time was over");
    }
  }

  @Test
  void aVersion1AgentsFailureToStartIsNoExitCodeOfTheCommand() throws Exception {
    FakeExec exec =
        FakeExec.answering(ExecuteResponse.newBuilder().setExitCode(-1).setError("no\u0007 way"));
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run("exec", "--", "prog", "x")).isEqualTo(126);

      assertThat(cli.err())
          .startsWith("qx-guest: cannot run the command on unix:/x.sock: no\\x07 way");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND,127",
    "PERMISSION_DENIED,126",
    "FAILED_PRECONDITION,126",
    "DEADLINE_EXCEEDED,124",
    "UNAVAILABLE,255",
    "INVALID_ARGUMENT,125",
    "RESOURCE_EXHAUSTED,125",
    "UNIMPLEMENTED,125",
    "CANCELLED,125",
    "INTERNAL,125",
    "UNKNOWN,125",
  })
  void aFailedCallHasAnExitCodeByItsStatus(Status.Code code, int expected) throws Exception {
    FakeExec exec = FakeExec.failing(code.toStatus().withDescription("the reason"));
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run("exec", "--", "prog", "x")).isEqualTo(expected);

      assertThat(cli.err()).contains("the reason (" + code + ")").containsOnlyOnce("\n");
    }
  }

  @ParameterizedTest
  @CsvSource({"0,0", "255,255", "143,143", "256,1", "-1073741819,5", "1024,1"})
  void exitCodesBeyondEightBitsNeverBecomeSuccess(int guest, int ours) throws Exception {
    try (Cli cli = new Cli(FakeExec.answering(ExecuteResponse.newBuilder().setExitCode(guest)))) {
      assertThat(cli.run("exec", "--", "prog", "x")).isEqualTo(ours);
    }
  }

  @ParameterizedTest
  @CsvSource({"INT,130", "TERM,143", "HUP,129"})
  void aSignalCancelsTheCallInTheGuest(Signal signal, int expected) throws Exception {
    FakeExec exec = FakeExec.silent();
    try (Cli cli = new Cli(exec)) {
      CompletableFuture<Integer> run = cli.start("exec", "--", "sleep", "9");
      exec.request.get(10, TimeUnit.SECONDS);

      cli.signals.raise(signal);

      assertThat(run.get()).isEqualTo(expected);
      assertThat(exec.cancelled.get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(cli.closed).isTrue();
      assertThat(cli.err()).contains("cancelled by SIG" + signal);
    }
  }

  @Test
  void theCallHasMoreTimeThanTheCommandSoThatTheAgentCanAnswer() throws Exception {
    FakeExec exec = FakeExec.succeeding();
    try (Cli cli = new Cli(exec)) {
      cli.run("exec", "--timeout", "5", "--", "prog", "x");
    }
    Deadline deadline = exec.deadline;
    assertThat(deadline).isNotNull();
    assertThat(deadline == null ? 0 : deadline.timeRemaining(TimeUnit.SECONDS)).isBetween(9L, 15L);
  }

  @Test
  void withoutATimeTheAgentsMaximumHoldsAndTheCallHasNoDeadline() throws Exception {
    FakeExec exec = FakeExec.succeeding();
    try (Cli cli = new Cli(exec)) {
      cli.run("exec", "--", "prog", "x");
    }
    assertThat(exec.deadline).isNull();
  }

  @Test
  void outputsAsLargeAsAskedForFitIntoTheAnswer() throws Exception {
    String megabyte = "\ufffd".repeat(1 << 20);
    FakeExec exec =
        FakeExec.answering(ExecuteResponse.newBuilder().setStdout(megabyte).setStderr(megabyte));
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run("exec", "--", "prog", "x")).isZero();

      assertThat(cli.stdout.toByteArray()).isEqualTo(megabyte.getBytes(UTF_8));
    }
  }

  @Test
  void asJsonTheResultIsOneObjectOnStdout() throws Exception {
    FakeExec exec =
        FakeExec.answering(
            ExecuteResponse.newBuilder()
                .setExitCode(3)
                .setStdout("a\"b\\\n\u001b")
                .setStderr("é")
                .setTruncated(true)
                .setDurationMs(12));
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run("--json", "exec", "--", "prog", "x")).isEqualTo(3);

      assertThat(cli.out())
          .isEqualTo(
              "{\"exit_code\":3,\"stdout\":\"a\\\"b\\\\\\n\\u001b\",\"stderr\":\"é\","
                  + "\"truncated\":true,\"timed_out\":false,\"duration_ms\":12}\n");
      assertThat(cli.err()).isEmpty();
    }
  }

  @Test
  void asJsonACommandThatWasNotWaitedForHasNoExitCode() throws Exception {
    try (Cli cli = new Cli(FakeExec.succeeding())) {
      assertThat(cli.run("exec", "--json", "--no-wait", "--", "prog", "x")).isZero();

      assertThat(cli.out()).startsWith("{\"exit_code\":null,");
    }
  }

  private static ExecuteRequest requestOf(String words) throws Exception {
    FakeExec exec = FakeExec.succeeding();
    try (Cli cli = new Cli(exec)) {
      assertThat(cli.run(words.split(" "))).as(cli::err).isZero();
    }
    return exec.request.join();
  }
}
