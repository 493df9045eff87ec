package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class ListCommandTest {
  @TempDir private Path directory;

  private ServerSocketChannel socket(String name) throws IOException {
    ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    socket.bind(UnixDomainSocketAddress.of(directory.resolve(name)));
    return socket;
  }

  private static Cli answering() throws IOException {
    Cli cli = new Cli(FakeAgent.ponging(FakeAgent::pong));
    GuestConnector reachable = cli.connector;
    cli.connector =
        (target, timeout) -> {
          if (target.name().equals("VM web-2")) {
            throw Status.UNAVAILABLE.withDescription("another process holds it").asException();
          }
          return reachable.connect(target, timeout);
        };
    return cli;
  }

  @Test
  void givenSockets_thenEachVmIsShownWithItsAgentOrTheReason() throws Exception {
    Files.createFile(directory.resolve("no-socket.agent.sock"));
    try (ServerSocketChannel first = socket("web-1.agent.sock");
        ServerSocketChannel second = socket("web-2.agent.sock");
        ServerSocketChannel other = socket("web-3.monitor.sock");
        Cli cli = answering()) {
      assertThat(first.isOpen() && second.isOpen() && other.isOpen()).isTrue();

      assertThat(cli.runExactly("--socket-dir", directory.toString(), "list"))
          .isEqualTo(ExitCode.NOT_WELL);

      assertThat(cli.out())
          .isEqualTo(
              """
              VM     STATE      AGENT  UP    PEER
              web-1  ready      1.4.2  77 s  in-process
              web-2  no answer  -      -     cannot ping VM web-2: another process holds it (UNAVAILABLE)
              """);
    }
  }

  @Test
  void givenJson_thenThereIsAnObjectForEachVm() throws Exception {
    try (ServerSocketChannel first = socket("web-1.agent.sock");
        Cli cli = answering()) {
      assertThat(first.isOpen()).isTrue();

      assertThat(cli.runExactly("--json", "--socket-dir", directory.toString(), "list")).isZero();

      assertThat(cli.out())
          .isEqualTo(
              "{\"vm\":\"web-1\",\"state\":\"ready\",\"version\":\"1.4.2\","
                  + "\"uptime_seconds\":77,\"peer\":\"in-process\"}\n");
    }
  }

  @Test
  void givenNoDirectory_thenItSaysSo() throws Exception {
    try (Cli cli = new Cli()) {
      Path missing = directory.resolve("missing");

      assertThat(cli.runExactly("--socket-dir", missing.toString(), "list"))
          .isEqualTo(ExitCode.UNREACHABLE);

      assertThat(cli.err()).contains("there is no directory " + missing);
    }
  }

  @Test
  void givenOneAgentIsNamed_thenItIsWrongUse() throws Exception {
    try (Cli cli = new Cli()) {
      assertThat(cli.run("list")).isEqualTo(ExitCode.FAILED);

      assertThat(cli.err()).contains("--connect and --vm make no sense here");
    }
  }
}
