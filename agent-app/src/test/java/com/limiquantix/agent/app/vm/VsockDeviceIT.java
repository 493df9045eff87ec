package com.limiquantix.agent.app.vm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.client.ArrivingLinks;
import com.limiquantix.agent.transport.client.FallbackDialer;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import com.limiquantix.agent.transport.link.UnixSocket;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Vsock between a real VM and its host, over a virtio device: QEMU's vhost-user-vsock-pci with the
 * daemon {@code vhost-device-vsock} of the rust-vmm project behind it. That daemon ends the host's
 * side of vsock in unix sockets: the VM's connections to port P of CID 2 come out at {@code
 * PATH_P}, and {@code CONNECT P} said at {@code PATH} leads into the VM.
 *
 * <p>Skipped without the daemon: name it in VHOST_DEVICE_VSOCK, or have it on the PATH.
 */
class VsockDeviceIT {
  private static final int GUEST_CID = 42;
  private static final int HOST_PORT = 943;
  private static final int AGENT_PORT = 944;
  private static final String DAEMON = "vhost-device-vsock";
  private static final long MOST_MILLIS = 2_000;

  private static @Nullable Vm booted;
  private static @Nullable Process daemon;

  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final SystemTimers timers = new SystemTimers("host-timers");
  private final List<AgentChannel> channels = new ArrayList<>();
  private LinkLoop loop;
  private Vsock vsock;

  private static Vm vm() {
    return Objects.requireNonNull(booted, "not booted");
  }

  private static @Nullable Path findDaemon() {
    String named = System.getenv("VHOST_DEVICE_VSOCK");
    if (named != null && !named.isEmpty()) {
      return Path.of(named);
    }
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path file = Path.of(directory, DAEMON);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    return null;
  }

  @BeforeAll
  static void boot() throws Exception {
    String reason = Vm.whyNot();
    Assumptions.assumeTrue(reason == null, () -> String.valueOf(reason));
    Path program = findDaemon();
    Assumptions.assumeTrue(
        program != null,
        "no vsock device here: "
            + DAEMON
            + " is neither named in VHOST_DEVICE_VSOCK nor on the PATH");
    Vm vm = Vm.create();
    booted = vm;
    Files.writeString(
        vm.payloadFile("agent.yaml"),
        """
        log_format: pretty
        transport:
          vsock_listen_port: %d
        """
            .formatted(AGENT_PORT));
    Path socket = vm.directory().resolve("vhost.sock");
    daemon =
        new ProcessBuilder(
                "setpriv",
                "--pdeathsig",
                "KILL",
                String.valueOf(program),
                "--guest-cid",
                String.valueOf(GUEST_CID),
                "--socket",
                socket.toString(),
                "--uds-path",
                path().toString())
            .redirectErrorStream(true)
            .redirectOutput(vm.directory().resolve("vhost.log").toFile())
            .start();
    while (!Files.exists(socket)) {
      assertThat(daemon.isAlive()).as("the daemon").isTrue();
      Vm.pause(20);
    }
    vm.powerOn(
        "-chardev",
        "socket,id=vsock,path=" + socket,
        "-device",
        "vhost-user-vsock-pci,chardev=vsock");
    vm.awaitBoot();
  }

  private static Path path() {
    return vm().directory().resolve("vm.vsock");
  }

  @AfterAll
  static void end() throws Exception {
    if (booted != null) {
      booted.powerOff();
    }
    if (daemon != null) {
      daemon.destroyForcibly().waitFor();
    }
    if (booted != null) {
      booted.close();
    }
  }

  @BeforeEach
  void start() throws IOException {
    loop = LinkLoop.start("host-links", (thread, fault) -> fault.printStackTrace());
    vsock = new Vsock();
    vsock.open();
  }

  @AfterEach
  void stop() {
    channels.forEach(AgentChannel::shutdownNow);
    vsock.close();
    loop.close();
    timers.close();
    executor.shutdown();
  }

  /** The host's end of vsock, where the daemon brings it. */
  private final class Vsock implements ArrivingLinks, UnixListener.Handler {
    private final AtomicReference<@Nullable Link> arrived = new AtomicReference<>();
    private final AtomicReference<@Nullable Link> taken = new AtomicReference<>();
    private final List<Runnable> tasks = new CopyOnWriteArrayList<>();
    private @Nullable UnixListener listener;

    void open() throws IOException {
      listener =
          UnixListener.listen(
              loop, timers, Path.of(path() + "_" + HOST_PORT), PeerCheck.ownUserOrRoot(), this);
    }

    /** Nobody listens any more, and what was connected is cut off. */
    void close() {
      Objects.requireNonNull(listener).close();
      cut(arrived.getAndSet(null));
      cut(taken.getAndSet(null));
    }

    private void cut(@Nullable Link link) {
      if (link != null) {
        link.close();
      }
    }

    @Override
    public void onLink(Link link) {
      cut(arrived.getAndSet(link));
      tasks.forEach(Runnable::run);
    }

    @Override
    public void onRefused(PeerInfo.Unix peer) {
      throw new AssertionError(peer.describe());
    }

    @Override
    public void onAcceptFailed(IOException cause) {
      throw new AssertionError(cause);
    }

    @Override
    public boolean hasArrived() {
      return arrived.get() != null;
    }

    @Override
    public void onArrival(Runnable task) {
      tasks.add(task);
    }

    @Override
    public Link dial() throws IOException {
      Link link = arrived.getAndSet(null);
      if (link == null) {
        throw new IOException("the VM has not connected over vsock");
      }
      taken.set(link);
      return link;
    }
  }

  private AgentChannel channel(LinkDialer dialer) {
    AgentChannel channel =
        AgentChannel.builder(dialer, executor, timers).keepConnected(true).build();
    channels.add(channel);
    vsock.onArrival(channel::resetConnectBackoff);
    return channel;
  }

  private static ExecuteResponse execute(AgentChannel channel, String command) {
    return ExecServiceGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(90, TimeUnit.SECONDS)
        .execute(ExecuteRequest.newBuilder().setCommand(command).setWaitForExit(true).build());
  }

  /** How the agent is connected with its host, by what it says of the caller's link. */
  private static String log() throws Exception {
    return vm().guest().output("journalctl -u limiquantix-agent -o cat --no-pager");
  }

  @Test
  void givenRealDevice_thenTheAgentConnectsToItsHostAndServesIt() throws Exception {
    ExecuteResponse answer = execute(channel(vsock), "uname -n; id -un");

    assertThat(answer.getStdout()).isEqualTo("vmtest\nroot\n");
    assertThat(log()).contains("serving vsock cid=2 port=943");
  }

  @Test
  void givenRealDevice_thenBulkDataComesWhole() {
    ExecuteResponse answer = execute(channel(vsock), "head -c 1000000 /dev/zero | tr '\\0' x");

    assertThat(answer.getStderr()).isEmpty();
    assertThat(answer.getStdout()).hasSize(1_000_000).containsOnlyOnce("x".repeat(1_000_000));
  }

  /** This daemon numbers its own ports from 0, so who may open its socket counts as root. */
  @Test
  void givenAgentThatListens_whenTheHostConnects_thenItIntroducesItself() throws Exception {
    execute(channel(vsock), "true");
    assertThat(log()).contains("listening on vsock port " + AGENT_PORT);
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(path()));
      channel.write(
          ByteBuffer.wrap(("CONNECT " + AGENT_PORT + "\n").getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(16);
      while (answer.hasRemaining() && channel.read(answer) >= 0) {
        // The daemon's own line first, then the agent's first frame.
      }
      assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII))
          .startsWith("OK " + AGENT_PORT + "\nQTX");
    }
  }

  @Test
  void givenBothLinks_whenVsockFails_thenThePortTakesOverWithinTwoSeconds_andVsockReturns()
      throws Exception {
    List<String> ways = new CopyOnWriteArrayList<>();
    LinkDialer port = UnixSocket.dialer(loop, vm().agentSocket());
    AgentChannel channel =
        channel(
            new FallbackDialer(
                timers,
                vsock,
                () -> {
                  ways.add("port");
                  return port.dial();
                }));
    execute(channel, "true");
    vm().await("vsock", Duration.ofSeconds(20), () -> vsock.taken.get() != null);
    for (int i = 0; i < 3; i++) {
      execute(channel, "true");
      ways.clear();
      Path count = Path.of("/tmp/runs" + i);
      ListenableFuture<ExecuteResponse> call =
          ExecServiceGrpc.newFutureStub(channel)
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .execute(
                  ExecuteRequest.newBuilder()
                      .setCommand("echo run >>" + count + "; sleep 30")
                      .setWaitForExit(true)
                      .build());
      vm().await(
              "the command",
              Duration.ofSeconds(20),
              () -> {
                try {
                  return vm().guest().run("test -s " + count).exitCode() == 0;
                } catch (Exception e) {
                  return false;
                }
              });
      long start = System.nanoTime();
      vsock.close();
      assertThat(failure(call)).isEqualTo(Status.Code.UNAVAILABLE);
      ping(channel);
      long away = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertThat(ways).isNotEmpty();

      start = System.nanoTime();
      vsock.open();
      vm().await("vsock", Duration.ofSeconds(20), () -> vsock.taken.get() != null);
      ping(channel);
      long back = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      System.out.printf("round %d: port after %d ms, vsock after %d ms%n", i, away, back);
      assertThat(away).isLessThan(MOST_MILLIS);
      assertThat(vm().guest().output("cat " + count)).isEqualTo("run\n");
    }
  }

  private static Status.Code failure(ListenableFuture<?> call) throws Exception {
    try {
      call.get(10, TimeUnit.SECONDS);
      return Status.Code.OK;
    } catch (ExecutionException e) {
      return Status.fromThrowable(e).getCode();
    }
  }

  /** Pings until one is answered: the link may be given up while it is under way. */
  private static void ping(AgentChannel channel) {
    while (true) {
      try {
        AgentServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .ping(PingRequest.getDefaultInstance());
        return;
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      }
    }
  }

  @Test
  void givenBothLinks_thenTheirRoundTripsAreOfTheSameKind() throws Exception {
    long vsockMicros = medianMicros(channel(vsock));
    long portMicros = medianMicros(channel(UnixSocket.dialer(loop, vm().agentSocket())));
    System.out.printf("ping p50: vsock %d µs, port %d µs%n", vsockMicros, portMicros);

    assertThat(vsockMicros).isLessThan(10 * portMicros + 5_000);
  }

  private static long medianMicros(AgentChannel channel) {
    List<Long> micros = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      long start = System.nanoTime();
      ping(channel);
      if (i >= 500) {
        micros.add(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start));
      }
    }
    Collections.sort(micros);
    return micros.get(micros.size() / 2);
  }
}
