package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.AgentChannel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The program as administrators meet it: a process with options, signals and exit codes. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class MainTest {
  /** What a pipe holds, pipe(7). */
  private static final int PIPE_BYTES = 65_536;

  @TempDir private Path directory;

  private Path config(String yaml) throws IOException {
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, yaml);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** The ports of the machine that runs the test are none of its business. */
  private String withoutPorts() throws IOException {
    return config("device_path: none\n").toString();
  }

  private String listen() {
    return "unix:" + directory.resolve("agent.sock");
  }

  @Test
  void givenRunningAgent_whenSigterm_thenItEndsWithZeroWithinTwoSecondsAndTakesItsSocketAway()
      throws Exception {
    try (AgentProcess agent = new AgentProcess("--config", withoutPorts(), "--listen", listen())) {
      agent.awaitLine("is ready");
      assertThat(directory.resolve("agent.sock")).exists();
      agent.signal("TERM");
      assertThat(agent.endsWithin(2_000)).isTrue();
      assertThat(agent.exitCode()).isZero();
      assertThat(directory.resolve("agent.sock")).doesNotExist();
    }
  }

  @Test
  void givenCommandThatIgnoresSigterm_whenAgentIsToEnd_thenBothEndWithinTwoSeconds()
      throws Exception {
    Path pidFile = directory.resolve("pid");
    try (AgentProcess agent = new AgentProcess("--config", withoutPorts(), "--listen", listen());
        Harness host = new Harness()) {
      agent.awaitLine("is ready");
      AgentChannel channel = host.unix(directory.resolve("agent.sock"));
      ExecServiceGrpc.newFutureStub(channel)
          .withDeadlineAfter(50, TimeUnit.SECONDS)
          .execute(
              ExecuteRequest.newBuilder()
                  .setCommand(
                      "trap '' TERM; echo $$ > "
                          + pidFile
                          + ".new; mv "
                          + pidFile
                          + ".new "
                          + pidFile
                          + "; while :; do sleep 100; done")
                  .setWaitForExit(true)
                  .build());
      ProcessHandle command = Waiting.forProcessNamedIn(pidFile);
      agent.signal("TERM");
      assertThat(agent.endsWithin(2_000)).isTrue();
      assertThat(agent.exitCode()).isZero();
      command.onExit().get(10, TimeUnit.SECONDS);
      assertThat(command.isAlive()).isFalse();
    }
  }

  @Test
  void givenLimitOfOpenFiles_whenTheLauncherStartsTheAgent_thenCommandsGetThatLimitAndNoMore()
      throws Exception {
    Distribution limited = Distribution.in(directory.resolve("dist")).withOpenFiles(777);
    try (AgentProcess agent =
            new AgentProcess(limited, "--config", withoutPorts(), "--listen", listen());
        Harness host = new Harness()) {
      agent.awaitLine("is ready");
      String soft =
          ExecServiceGrpc.newBlockingStub(host.unix(directory.resolve("agent.sock")))
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .execute(
                  ExecuteRequest.newBuilder().setCommand("ulimit -Sn").setWaitForExit(true).build())
              .getStdout();
      assertThat(soft).isEqualTo("777\n");
    }
  }

  @Test
  void givenClosedStandardStreams_whenTheLauncherStartsTheAgent_thenNoSocketTakesTheirPlace()
      throws Exception {
    Distribution closed = Distribution.in(directory.resolve("dist")).withoutStandardStreams();
    try (AgentProcess agent =
            new AgentProcess(closed, "--config", withoutPorts(), "--listen", listen());
        Harness host = new Harness()) {
      Waiting.forFile(directory.resolve("agent.sock"));
      PongResponse pong =
          AgentServiceGrpc.newBlockingStub(host.unix(directory.resolve("agent.sock")))
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .ping(PingRequest.newBuilder().setSequence(5).build());
      assertThat(pong.getSequence()).isEqualTo(5);
      for (int standard = 0; standard <= 2; standard++) {
        assertThat(Path.of("/proc/" + agent.pid() + "/fd/" + standard).toRealPath())
            .isEqualTo(Path.of("/dev/null"));
      }
    }
  }

  @Test
  void givenAgentThatIsStarting_whenSigtermComesEarly_thenItEndsWithZeroAllTheSame()
      throws Exception {
    // The first line of the log comes before the agent is ready.
    try (AgentProcess agent =
        new AgentProcess(
            "--config", withoutPorts(), "--listen", listen(), "--listen", listen() + ".second")) {
      agent.awaitLine("listening on");
      agent.signal("TERM");
      assertThat(agent.endsWithin(2_000)).isTrue();
      assertThat(agent.exitCode()).isZero();
    }
  }

  @Test
  void givenOutputThatNobodyReads_whenAgentLogs_thenItServesAndEndsInTimeAllTheSame()
      throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    try (RandomAccessFile neverRead = new RandomAccessFile(fifo.toFile(), "rw")) {
      neverRead.write(new byte[PIPE_BYTES]);
      try (AgentProcess agent =
              new AgentProcess(ProcessBuilder.Redirect.to(fifo.toFile()), "--listen", listen());
          Harness host = new Harness()) {
        Waiting.forFile(directory.resolve("agent.sock"));
        PongResponse pong =
            AgentServiceGrpc.newBlockingStub(host.unix(directory.resolve("agent.sock")))
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .ping(PingRequest.newBuilder().setSequence(7).build());
        assertThat(pong.getSequence()).isEqualTo(7);
        agent.signal("TERM");
        assertThat(agent.endsWithin(2_000)).isTrue();
        assertThat(agent.exitCode()).isZero();
      }
    }
  }

  @Test
  void givenConfigurationWithATypo_whenChecked_thenFileLineAndNearestKeyAreNamed()
      throws Exception {
    Path file = config("log_level: info\nmax_exec_timeout_sec: 5\n");
    try (AgentProcess agent = new AgentProcess("--config", file.toString(), "--check-config")) {
      assertThat(agent.output())
          .singleElement()
          .asString()
          .startsWith(file + ":2:1: max_exec_timeout_sec: ")
          .contains("max_exec_timeout_secs");
      assertThat(agent.exitCode()).isEqualTo(AgentCommand.CONFIG_REFUSED);
    }
  }

  @Test
  void givenAnAllowlistBesideOpenDoors_whenChecked_thenItIsRightAndTheDoorsAreNamed()
      throws Exception {
    Path file = config("security:\n  command_allowlist: [/bin/true]\n");
    try (AgentProcess agent = new AgentProcess("--config", file.toString(), "--check-config")) {
      assertThat(String.join("\n", agent.output()))
          .contains("FileWrite", "ServiceControl", "AgentUpdate", "no problems");
      assertThat(agent.exitCode()).isZero();
    }
  }

  @Test
  void givenPrintedConfiguration_whenChecked_thenItHasNoProblems() throws Exception {
    Path odd = config("log_level: debug\ntelemetry_interval_secs: 7\n");
    List<String> printed;
    try (AgentProcess agent = new AgentProcess("--config", odd.toString(), "--print-config")) {
      printed = agent.output();
      assertThat(agent.exitCode()).isZero();
    }
    assertThat(printed).contains("telemetry_interval_secs: 7");
    Path file = config(String.join("\n", printed) + "\n");
    try (AgentProcess agent = new AgentProcess("--config", file.toString(), "--check-config")) {
      assertThat(agent.exitCode()).isZero();
    }
  }

  @Test
  void givenRunningAgent_whenSighup_thenWhatIsRightIsTakenOverAndWhatIsWrongIsNot()
      throws Exception {
    Path file = config("device_path: none\nlog_level: info\n");
    try (AgentProcess agent = new AgentProcess("--config", file.toString(), "--listen", listen())) {
      agent.awaitLine("is ready");
      config("device_path: none\nlog_level: debug\n");
      agent.signal("HUP");
      agent.awaitLine("log_level");
      config("log_levl: info\n");
      agent.signal("HUP");
      agent.awaitLine("log_levl");
      assertThat(agent.isAlive()).isTrue();
      agent.signal("TERM");
      assertThat(agent.exitCode()).isZero();
    }
  }

  @Test
  void givenNeitherPortNorSocketToServe_whenStarted_thenItSaysSoAndDoesNotRunDeaf()
      throws Exception {
    try (AgentProcess agent = new AgentProcess("--config", withoutPorts())) {
      assertThat(agent.exitCode()).isEqualTo(AgentCommand.NO_LINK);
      assertThat(agent.output()).last().asString().contains("device_path", "--listen");
    }
  }

  @Test
  void givenPortThatIsNotThere_whenItAppears_thenTheAgentHasWaitedForIt() throws Exception {
    Path device = directory.resolve("port");
    Path file = config("device_path: " + device + "\n");
    try (AgentProcess agent = new AgentProcess("--config", file.toString())) {
      assertThat(agent.awaitLine("ENOENT")).contains(device.toString());
      // A device that is no port: that it was opened shows in what is wrong with it.
      Files.createSymbolicLink(device, Path.of("/dev/null"));
      agent.awaitLine("cannot be waited on");
      agent.signal("TERM");
      assertThat(agent.endsWithin(2_000)).isTrue();
      assertThat(agent.exitCode()).isZero();
    }
  }

  @Test
  void givenPort_whenHostsComeAndGo_thenEachIsServed() throws Exception {
    assumeTrue(SerialCable.isAvailable(), "needs python3 for a pseudo-terminal");
    Path device = directory.resolve("port");
    Path socket = directory.resolve("vm.sock");
    Path file = config("device_path: " + device + "\n");
    try (SerialCable cable = new SerialCable(device, socket);
        AgentProcess agent = new AgentProcess("--config", file.toString())) {
      agent.awaitLine("serving virtio-port");
      for (int i = 1; i <= 3; i++) {
        try (Harness host = new Harness()) {
          PongResponse pong =
              AgentServiceGrpc.newBlockingStub(host.unix(socket))
                  .withWaitForReady()
                  .withDeadlineAfter(20, TimeUnit.SECONDS)
                  .ping(PingRequest.newBuilder().setSequence(i).build());
          assertThat(pong.getSequence()).isEqualTo(i);
        }
      }
      assertThat(cable.isAlive()).isTrue();
      agent.signal("TERM");
      assertThat(agent.exitCode()).isZero();
    }
  }

  @Test
  void givenWrongCommandLine_whenStarted_thenUsage() throws Exception {
    try (AgentProcess agent = new AgentProcess("--listen", "tcp:1.2.3.4")) {
      assertThat(agent.exitCode()).isEqualTo(AgentCommand.USAGE);
      assertThat(agent.output()).singleElement().asString().contains("unix:PATH");
    }
  }
}
