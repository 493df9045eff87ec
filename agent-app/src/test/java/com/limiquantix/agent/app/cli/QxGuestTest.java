package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import io.grpc.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QxGuestTest {
  private final Cli cli;

  QxGuestTest() throws IOException {
    cli = new Cli(FakeAgent.capableOf(GetCapabilitiesResponse.newBuilder().setVersion("1.4.2")));
  }

  @AfterEach
  void closeCli() {
    cli.close();
  }

  @Test
  void helpGoesToStdoutAndNamesTheExitCodes() {
    assertThat(cli.runExactly("--help")).isZero();

    assertThat(cli.out())
        .contains("ping", "info", "exec", "watch", "bench", "completion")
        .contains("255      the agent could not be reached");
    assertThat(cli.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ping", "info", "exec", "watch", "bench", "completion"})
  void everyCommandHasItsOwnHelp(String command) {
    assertThat(cli.runExactly(command, "--help")).isZero();

    assertThat(cli.out()).startsWith("Usage: qx-guest " + command);
  }

  @Test
  void versionNeedsNobodyToTalkTo() {
    assertThat(cli.runExactly("--version")).isZero();

    assertThat(cli.out()).startsWith("qx-guest ");
  }

  @Test
  void completionPrintsABashScriptThatKnowsTheCommandsAndOptions() {
    assertThat(cli.runExactly("completion")).isZero();

    assertThat(cli.out())
        .startsWith("#!/usr/bin/env bash")
        .contains("complete -F _complete_qx-guest", "exec", "--max-output", "--socket-dir");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                        | a command is missing",
        "--nonsense info                           | Unknown option: '--nonsense'",
        "nonsense                                  | 'nonsense'",
        "info                                      | it is not said whom to reach",
        "--connect unix:/x --vm a info             | exclude each other",
        "--connect tcp:1.2.3.4 info                | expected unix:PATH",
        "--connect unix: info                      | expected unix:PATH",
        "--vm ../a info                            | not a VM id",
        "--connect unix:/x --timeout x info        | 'x' is not a number of seconds",
        "--connect unix:/x --timeout 0 info        | '0' is not a number of seconds",
        "--connect unix:/x --timeout 1e9999999 info| is not a number of seconds",
        "--connect unix:/x exec                    | the command is missing",
        "--connect unix:/x exec --timeout -1 a     | --timeout must be from 0",
        "--connect unix:/x exec --max-output 0 a   | --max-output must be from 1",
        "--connect unix:/x exec --max-output 4194305 a | --max-output must be from 1 to 4194304",
        "--vm a --socket-dir= info                 | --socket-dir is empty",
        "--connect unix:/x exec --env =v a         | --env needs a name",
        "--connect unix:/x --peer-uid -1 info      | --peer-uid must be from 0",
        "--connect unix:/x ping -c 0               | -c must be at least 1",
        "--connect unix:/x ping -i 0.001           | '0.001' is not a number of seconds",
      })
  void misuseIsToldInOneLineWithItsOwnExitCode(String words, String reason) {
    int exitCode = cli.runExactly(words.isEmpty() ? new String[0] : words.split(" +"));

    assertThat(exitCode).isEqualTo(125);
    assertThat(cli.err()).startsWith("qx-guest: ").contains(reason).containsOnlyOnce("\n");
    assertThat(cli.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--connect unix:/a.sock info", "info --connect unix:/a.sock"})
  void theTargetMayStandBeforeOrAfterTheCommand(String words) {
    assertThat(cli.runExactly(words.split(" "))).isZero();

    assertThat(cli.target)
        .isEqualTo(new Target("unix:/a.sock", Optional.empty(), Path.of("/a.sock"), Set.of()));
  }

  @Test
  void theEnvironmentNamesTheTargetWhenTheCommandLineDoesNot() {
    cli.variables.put("QX_GUEST_CONNECT", "unix:/from/environment.sock");

    assertThat(cli.runExactly("info")).isZero();

    assertThat(cli.target).extracting(Target::socket).isEqualTo(Path.of("/from/environment.sock"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aVmIsFoundByItsSocketEvenIfTheEnvironmentNamesAnother(
      boolean directoryByOption, @TempDir Path directory) throws IOException {
    cli.variables.put("QX_GUEST_CONNECT", "unix:/another.sock");
    Path socket = directory.resolve("web-1.agent.sock");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      int exitCode;
      if (directoryByOption) {
        exitCode = cli.runExactly("--vm", "web-1", "--socket-dir", directory.toString(), "info");
      } else {
        cli.variables.put("QX_GUEST_SOCKET_DIR", directory.toString());
        exitCode = cli.runExactly("--vm", "web-1", "info");
      }
      assertThat(exitCode).isZero();
      assertThat(cli.target)
          .isEqualTo(
              new Target(
                  "VM web-1",
                  Optional.of(directory.resolve("web-1.shared.sock")),
                  socket,
                  Set.of()));
    }
  }

  @Test
  void usersThatMayListenAreHandedOn() {
    assertThat(cli.run("info", "--peer-uid", "107", "--peer-uid", "64055")).isZero();

    assertThat(cli.target)
        .extracting(Target::peerUids, InstanceOfAssertFactories.iterable(Long.class))
        .containsExactlyInAnyOrder(107L, 64055L);
  }

  @Test
  void aVmWithoutASocketIsUnreachable(@TempDir Path directory) {
    assertThat(cli.runExactly("--vm", "web-1", "--socket-dir", directory.toString(), "info"))
        .isEqualTo(255);

    assertThat(cli.err())
        .startsWith("qx-guest: cannot find VM web-1: there is no socket " + directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ping", "info", "exec true"})
  void anAgentThatCannotBeReachedHasItsOwnExitCode(String command) {
    cli.connector =
        (target, timeout) -> {
          assertThat(timeout).isEqualTo(Duration.ofMillis(200));
          throw Status.UNAVAILABLE.withDescription("nobody answered").asException();
        };

    assertThat(cli.run(("--timeout 0.2 " + command).split(" "))).isEqualTo(255);

    assertThat(cli.err())
        .startsWith("qx-guest: cannot ")
        .contains("unix:/x.sock: nobody answered (UNAVAILABLE)\n")
        .containsOnlyOnce("\n");
  }

  @ParameterizedTest
  @CsvSource({"INT,130", "TERM,143", "HUP,129"})
  void aSignalEndsTheAttemptToConnect(Signal signal, int expected) throws Exception {
    CountDownLatch connecting = new CountDownLatch(1);
    cli.connector =
        (target, timeout) -> {
          connecting.countDown();
          new CountDownLatch(1).await();
          throw new AssertionError();
        };
    CompletableFuture<Integer> run = cli.start("info");
    connecting.await();

    cli.signals.raise(signal);

    assertThat(run.get()).isEqualTo(expected);
    assertThat(cli.err()).contains("cancelled by SIG" + signal);
  }

  @Test
  void errorsAreJsonWhenResultsAre() {
    cli.connector =
        (target, timeout) -> {
          throw Status.UNAVAILABLE.withDescription("nobody \"there\"").asException();
        };

    assertThat(cli.run("--json", "info")).isEqualTo(255);

    assertThat(cli.err())
        .startsWith("{\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"cannot get the ")
        .contains("nobody \\\"there\\\"")
        .endsWith("\"}}\n");
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void misuseIsJsonToo() {
    assertThat(cli.runExactly("info", "--json", "--nonsense")).isEqualTo(125);

    assertThat(cli.err()).startsWith("{\"error\":{\"code\":\"INVALID_ARGUMENT\",");
  }

  @Test
  void whatAnAgentSaysInAnErrorCannotReachTheTerminalAsAControlSequence() {
    cli.connector =
        (target, timeout) -> {
          throw Status.INTERNAL.withDescription("\u001b[2J\nqx-guest: all is well").asException();
        };

    assertThat(cli.run("info")).isEqualTo(125);

    assertThat(cli.err()).contains("\\x1b[2J\\nqx-guest").containsOnlyOnce("\n");
  }

  @Test
  void aStackTraceIsShownOnlyWhenAskedFor() {
    cli.connector =
        (target, timeout) -> {
          throw new IllegalStateException("a fault");
        };

    assertThat(cli.run("info")).isEqualTo(125);
    assertThat(cli.err()).contains("a fault").doesNotContain("\tat ");

    cli.variables.put("QX_GUEST_DEBUG", "1");
    assertThat(cli.run("info")).isEqualTo(125);
    assertThat(cli.err()).contains("\tat ");
  }

  @Test
  void resultsThatNobodyTakesAreAFailure() {
    cli.results =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };

    assertThat(cli.run("info")).isEqualTo(125);

    assertThat(cli.err()).isEqualTo("qx-guest: our own output could not be written: Broken pipe\n");
  }

  @Test
  void theConnectionIsClosedInTheEnd() {
    cli.run("info");

    assertThat(cli.closed).isTrue();
  }
}
