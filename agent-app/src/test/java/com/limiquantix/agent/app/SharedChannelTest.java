package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.limiquantix.agent.app.cli.QxGuest;
import com.limiquantix.agent.app.config.AgentConfig;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One channel and many users: a socket that takes one client, as QEMU's does, a daemon that holds
 * it, and several qx-guest at once, each a process of its own.
 */
@Timeout(120)
final class SharedChannelTest {
  private static final String VM = "web-1";

  private final Path directory;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  SharedChannelTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @BeforeEach
  void startVm() throws IOException {
    assumeTrue(SerialCable.isAvailable(), "needs python3 for a pseudo-terminal");
    Path port = directory.resolve("port");
    open.push(new SerialCable(port, directory.resolve(VM + ".agent.sock")));
    AgentConfig config = AgentConfig.defaults().toBuilder().devicePath(port.toString()).build();
    GuestAgent agent = GuestAgent.builder(config).serveDevices().build();
    open.push(agent);
    agent.start();
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  /** A daemon that has the channel; of ours it has nothing but what a host embeds. */
  private AgentProcess daemon(String mode) throws Exception {
    String hostLibrary =
        Arrays.stream(AgentProcess.CLASS_PATH.split(File.pathSeparator))
            .filter(entry -> !entry.contains("agent-handlers") && !entry.contains("agent-security"))
            .filter(entry -> !entry.endsWith("agent-app/target/classes"))
            .collect(Collectors.joining(File.pathSeparator));
    AgentProcess daemon =
        new AgentProcess(hostLibrary, HoldingDaemon.class, directory.toString(), VM, mode);
    open.push(daemon);
    daemon.awaitLine(VM + " is READY");
    return daemon;
  }

  private AgentProcess qxGuest(String... args) throws IOException {
    List<String> all = new ArrayList<>(List.of("--socket-dir", directory.toString(), "--vm", VM));
    all.addAll(List.of(args));
    AgentProcess process =
        new AgentProcess(AgentProcess.CLASS_PATH, QxGuest.class, all.toArray(String[]::new));
    open.push(process);
    return process;
  }

  @Test
  void givenADaemonThatShares_whenSeveralWorkAtOnce_thenEachGetsItsOwnAnswers() throws Exception {
    daemon("share");
    AgentProcess watch = qxGuest("watch", "--count", "3", "--interval", "1");
    List<AgentProcess> pings = new ArrayList<>();
    List<AgentProcess> commands = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      pings.add(qxGuest("ping", "-c", "5", "-i", "0.2"));
      commands.add(qxGuest("exec", "--", "sh", "-c", "sleep 1; echo from $0", "command-" + i));
    }

    for (int i = 0; i < 3; i++) {
      assertThat(commands.get(i).output()).containsExactly("from command-" + i);
      assertThat(commands.get(i).exitCode()).isZero();
      assertThat(pings.get(i).output())
          .anyMatch(line -> line.startsWith("5 transmitted, 5 received"));
    }
    assertThat(watch.output()).hasSize(3).anyMatch(line -> line.contains(" telemetry "));
    assertThat(watch.exitCode()).isZero();
  }

  @Test
  void givenADaemonThatIsKilled_thenWhatWasUnderWayEndsWithASentence_andTheNextReachTheVmItself()
      throws Exception {
    AgentProcess daemon = daemon("share");
    Path pid = directory.resolve("pid");
    AgentProcess command =
        qxGuest(
            "exec",
            "--",
            "sh",
            "-c",
            "echo $$ >" + pid + ".new; mv " + pid + ".new " + pid + "; exec sleep 1000");
    AgentProcess watch = qxGuest("watch");
    AgentProcess ping = qxGuest("ping", "-i", "0.1");
    ProcessHandle running = Waiting.forProcessNamedIn(pid);
    watch.awaitLine(" telemetry ");
    ping.awaitLine("seq=3");

    daemon.signal("KILL");

    assertThat(command.output())
        .singleElement()
        .asString()
        .startsWith("qx-guest: cannot run the command on VM " + VM + ": ")
        .contains("(UNAVAILABLE)");
    assertThat(command.exitCode()).isEqualTo(255);
    assertThat(watch.exitCode()).isEqualTo(255);
    assertThat(watch.output()).last().asString().startsWith("qx-guest: ").contains("UNAVAILABLE");
    ping.signal("TERM");
    ping.exitCode();
    AgentProcess next = qxGuest("ping", "-c", "1");
    assertThat(next.output()).anyMatch(line -> line.startsWith("1 transmitted, 1 received"));
    assertThat(next.exitCode()).isZero();
    // A terminal does not tell that its other end has gone; the next Hello does.
    running.onExit().get(20, TimeUnit.SECONDS);
  }

  @Test
  void givenADaemonThatDoesNotShare_thenItIsNamedAsWhoIsInTheWay() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/ss")), "needs ss of iproute2");
    AgentProcess daemon = daemon("keep");

    AgentProcess info = qxGuest("--timeout", "2", "info");

    assertThat(info.output())
        .singleElement()
        .asString()
        .startsWith("qx-guest: ")
        .contains("process " + daemon.pid() + " (java) holds it now and does not share it")
        .contains("UNAVAILABLE");
    assertThat(info.exitCode()).isEqualTo(255);
  }
}
