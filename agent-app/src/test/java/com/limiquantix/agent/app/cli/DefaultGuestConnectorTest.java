package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.client.ChannelShare;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import com.limiquantix.agent.transport.link.UnixSocket;
import io.grpc.BindableService;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class DefaultGuestConnectorTest {
  private final Path socket;
  private final Cli cli;
  private final SystemTimers timers = new SystemTimers("test-timers");
  private final LinkLoop loop;

  DefaultGuestConnectorTest(@TempDir Path directory) throws IOException {
    socket = directory.resolve("a.sock");
    loop = LinkLoop.start("test-loop", (thread, thrown) -> fail("in the loop", thrown));
    cli = new Cli();
  }

  @BeforeEach
  void connectForReal() {
    cli.connector = new DefaultGuestConnector();
    cli.variables.put("QX_GUEST_CONNECT", "unix:" + socket);
  }

  @AfterEach
  void close() {
    cli.close();
    loop.close();
    timers.close();
  }

  @Test
  void theProcessBehindTheSocketIsKnown() throws Exception {
    serve(FakeAgent.capableOf(GetCapabilitiesResponse.newBuilder()));

    Target target = new Target("here", Optional.empty(), socket, Set.of());
    try (GuestConnection connection =
        new DefaultGuestConnector().connect(target, Duration.ofSeconds(5))) {
      assertThat(connection.peerProcess()).hasValue(ProcessHandle.current().pid());
    }
  }

  @Test
  void anAgentOnAUnixSocketIsAsked() throws IOException {
    serve(FakeAgent.capableOf(GetCapabilitiesResponse.newBuilder().setVersion("1.4.2")));

    assertThat(cli.runExactly("info")).as(cli::err).isZero();

    assertThat(cli.out()).contains("Agent version  1.4.2").contains("Peer           unix uid=");
  }

  @Test
  void outputOfMegabytesArrives() throws IOException {
    String text = "0123456789abcdef".repeat(1 << 16);
    serve(
        FakeExec.answering(
            ExecuteResponse.newBuilder().setStdout(text).setStderr(text).setExitCode(3)));

    assertThat(cli.runExactly("exec", "--", "prog", "x")).isEqualTo(3);

    assertThat(cli.out()).isEqualTo(text);
    assertThat(cli.err()).isEqualTo(text);
  }

  @Test
  void aSignalEndsTheCommandInTheGuest() throws Exception {
    FakeExec exec = FakeExec.silent();
    serve(exec);
    CompletableFuture<Integer> run =
        CompletableFuture.supplyAsync(() -> cli.runExactly("exec", "--", "sleep", "9"));
    exec.request.get(10, TimeUnit.SECONDS);

    cli.signals.raise(Signal.TERM);

    assertThat(run.get(10, TimeUnit.SECONDS)).isEqualTo(143);
    assertThat(exec.cancelled.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anAgentThatGoesAwayDuringACallCountsAsUnreachable() throws Exception {
    FakeExec exec = FakeExec.silent();
    serve(exec);
    CompletableFuture<Integer> run =
        CompletableFuture.supplyAsync(() -> cli.runExactly("exec", "--", "sleep", "9"));
    exec.request.get(10, TimeUnit.SECONDS);

    loop.close();

    assertThat(run.get(10, TimeUnit.SECONDS)).isEqualTo(255);
    assertThat(cli.err()).startsWith("qx-guest: cannot run the command on unix:");
  }

  @Test
  void aSocketThatIsNotThereIsToldAtOnce() {
    assertThat(cli.runExactly("info")).isEqualTo(255);

    assertThat(cli.err()).contains("Cannot connect to " + socket).contains("ENOENT");
  }

  @Test
  void somebodyWhoListensButNeverAnswersIsGivenUpInTime() throws IOException {
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket));

      assertThat(cli.runExactly("--timeout", "0.2", "info")).isEqualTo(255);
    }
    assertThat(cli.err()).contains("another process holds the channel");
  }

  @Test
  void givenAProcessThatSharesTheChannel_thenItIsAskedInstead() throws Exception {
    Path shared = socket.resolveSibling("web-1.shared.sock");
    serve(FakeAgent.capableOf(GetCapabilitiesResponse.newBuilder().setVersion("1.4.2")));
    AgentChannel holder =
        AgentChannel.builder(UnixSocket.dialer(loop, socket), loop, timers).build();
    try (ChannelShare share =
            ChannelShare.open(
                loop,
                timers,
                loop,
                BufferBudget.ofHeap(),
                shared,
                PeerCheck.ownUserOrRoot(),
                holder,
                refused -> fail(refused));
        // QEMU's socket, taken by the holder: nobody else is answered here.
        ServerSocketChannel taken = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      assertThat(share).isNotNull();
      taken.bind(UnixDomainSocketAddress.of(socket.resolveSibling("web-1.agent.sock")));
      String directory = String.valueOf(socket.getParent());

      assertThat(cli.runExactly("--socket-dir", directory, "--vm", "web-1", "info"))
          .as(cli::err)
          .isZero();

      assertThat(cli.out()).contains("Agent version  1.4.2");
    } finally {
      holder.shutdownNow();
    }
  }

  @Test
  void givenASharedSocketThatIsLeftFromAProcessThatIsGone_thenTheVmIsAskedItself()
      throws Exception {
    serve(FakeAgent.capableOf(GetCapabilitiesResponse.newBuilder().setVersion("1.4.2")));
    Path left = socket.resolveSibling("left.shared.sock");
    ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    gone.bind(UnixDomainSocketAddress.of(left));
    gone.close();
    assertThat(left).exists();

    Target target = new Target("here", Optional.of(left), socket, Set.of());
    try (GuestConnection connection =
        new DefaultGuestConnector().connect(target, Duration.ofSeconds(5))) {
      assertThat(connection.peerProcess()).hasValue(ProcessHandle.current().pid());
    }
  }

  private void serve(BindableService service) throws IOException {
    AgentServer server = AgentServer.builder(loop, timers).addService(service).build();
    server.start();
    UnixListener.listen(
        loop,
        timers,
        socket,
        PeerCheck.ownUserOrRoot(),
        new UnixListener.Handler() {
          @Override
          public void onLink(Link link) {
            server.serve(link);
          }

          @Override
          public void onRefused(PeerInfo.Unix peer) {
            fail("refused " + peer);
          }

          @Override
          public void onAcceptFailed(IOException cause) {
            fail("not accepted", cause);
          }
        });
  }
}
