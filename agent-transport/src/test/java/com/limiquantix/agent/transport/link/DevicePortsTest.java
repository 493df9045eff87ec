package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import com.limiquantix.agent.transport.internal.jna.Pty;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ports that come, go and are held by others, at the pace that the test sets. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class DevicePortsTest {
  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<Link> links = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> reasons = new LinkedBlockingQueue<>();
  private final FaultyPosix posix = new FaultyPosix();
  private final ManualTimers timers = new ManualTimers();
  private final DevicePorts.Handler handler = handler(links::add);
  @TempDir private Path root;
  private LinkLoop loop;
  private Pty pty;
  private Fd master;

  @BeforeEach
  void start() throws IOException {
    loop = LinkLoop.start(posix.posix(), "test-loop", (thread, thrown) -> reported.add(thrown));
    pty = new Pty();
    master = new Fd(Posix.libc(), pty.master());
  }

  @AfterEach
  void stop() {
    loop.close();
    master.close();
  }

  private DevicePorts.Handler handler(Consumer<Link> taker) {
    return new DevicePorts.Handler() {
      @Override
      public void onLink(Link link) {
        taker.accept(link);
      }

      @Override
      public void onUnavailable(String reason) {
        reasons.add(reason);
      }
    };
  }

  private DevicePorts serve() {
    return DevicePorts.start(
        loop, timers, new PortFinder.Named(root, DevicePorts.AGENT_NAMES), handler);
  }

  private void plug(String name) throws IOException {
    Path directory = Files.createDirectories(root.resolve("dev/virtio-ports"));
    Files.createSymbolicLink(directory.resolve(name), pty.slave());
  }

  private Link nextLink() throws InterruptedException {
    Link link = links.poll(20, TimeUnit.SECONDS);
    assertThat(link).isNotNull();
    return link;
  }

  private String nextReason() throws InterruptedException {
    String reason = reasons.poll(20, TimeUnit.SECONDS);
    assertThat(reason).isNotNull();
    return reason;
  }

  @Test
  void servesAPortThatIsThereAndOneThatComesLater() throws Exception {
    plug("org.quantix.agent.0");
    serve();
    assertThat(nextLink().peer()).isEqualTo(new PeerInfo.VirtioPort("org.quantix.agent.0"));
    plug("org.limiquantix.agent.0");
    timers.next().run();

    assertThat(nextLink().peer()).isEqualTo(new PeerInfo.VirtioPort("org.limiquantix.agent.0"));
    assertThat(reasons).isEmpty();
  }

  @Test
  void looksNoMoreOnceAllPortsAreServed() throws Exception {
    DevicePorts.start(loop, timers, new PortFinder.Fixed(root, pty.slave()), handler);
    nextLink();
    settle();

    assertThat(timers.delays()).isEmpty();
  }

  private void settle() throws Exception {
    FutureTask<Void> task = new FutureTask<>(() -> {}, null);
    loop.execute(task);
    task.get(20, TimeUnit.SECONDS);
  }

  @Test
  void looksAgainAfterPausesOfOneToFiveSeconds() throws Exception {
    serve();
    for (int i = 0; i < 5; i++) {
      timers.next().run();
    }
    timers.next();

    assertThat(timers.delays().stream().map(TimeUnit.NANOSECONDS::toSeconds))
        .containsExactly(1L, 2L, 4L, 5L, 5L, 5L);
    assertThat(nextReason()).contains(DevicePorts.AGENT_NAMES);
    assertThat(reasons).isEmpty();
  }

  @Test
  void tellsOnceWhyAPortIsNotServedUntilTheReasonChanges() throws Exception {
    Path device = root.resolve("port");
    posix.fail("openDevice", Errno.EBUSY, 2);
    DevicePorts.start(loop, timers, new PortFinder.Fixed(root, device), handler);
    assertThat(nextReason()).contains(device.toString(), "EBUSY");
    timers.next().run();
    timers.next().run();
    assertThat(nextReason()).contains(device.toString(), "ENOENT");
    timers.next().run();
    Runnable look = timers.next();
    Files.createSymbolicLink(device, pty.slave());
    look.run();
    nextLink();

    assertThat(reasons).isEmpty();
  }

  @Test
  void opensAPortAgainAfterItsLinkHasClosed() throws Exception {
    plug("org.limiquantix.agent.0");
    DevicePorts.start(loop, timers, new PortFinder.Fixed(root, pty.slave()), handler);
    Link first = nextLink();
    Probe probe = new Probe();
    first.open(probe);
    first.close();
    assertThat(probe.awaitClosed()).isNull();
    timers.next().run();

    assertThat(nextLink()).isNotSameAs(first);
    assertThat(reasons).isEmpty();
  }

  @Test
  void tellsWhyALinkBrokeAndPausesLongerWhenItKeepsBreaking() throws Exception {
    DevicePorts.start(loop, timers, new PortFinder.Fixed(root, pty.slave()), handler);
    for (int i = 0; i < 3; i++) {
      breakLink(nextLink());
      assertThat(nextReason()).contains("a listener's bug");
      timers.next().run();
    }
    Link lasting = nextLink();
    timers.advance(DevicePorts.LONGEST_PAUSE_NANOS);
    breakLink(lasting);
    timers.next();

    assertThat(timers.delays().stream().map(TimeUnit.NANOSECONDS::toSeconds))
        .containsExactly(1L, 2L, 4L, 1L);
  }

  private static void breakLink(Link link) throws InterruptedException {
    Breaking listener = new Breaking();
    link.open(listener);
    assertThat(listener.closed.await(20, TimeUnit.SECONDS)).isTrue();
  }

  /** Throws as soon as its peer is there. */
  private static final class Breaking implements LinkListener {
    final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public void onPeerPresent() {
      throw new IllegalStateException("a listener's bug");
    }

    @Override
    public void onBytes(ByteBuffer bytes) {}

    @Override
    public void onWritable() {}

    @Override
    public void onPeerAbsent() {}

    @Override
    public void onClosed(@Nullable Throwable cause) {
      closed.countDown();
    }
  }

  @Test
  void closesALinkThatItsHandlerDoesNotTake() throws Exception {
    IllegalStateException bug = new IllegalStateException("a handler's bug");
    DevicePorts.Handler broken =
        handler(
            link -> {
              links.add(link);
              throw bug;
            });
    DevicePorts.start(loop, timers, new PortFinder.Fixed(root, pty.slave()), broken);
    Probe probe = new Probe();
    nextLink().open(probe);

    assertThat(probe.awaitClosed()).isNull();
    timers.next();
    assertThat(reported).containsExactly(bug);
  }

  @Test
  void looksNoMoreOnceClosedAndLeavesItsLinksOpen() throws Exception {
    plug("org.limiquantix.agent.0");
    DevicePorts ports = serve();
    Link link = nextLink();
    Runnable look = timers.next();
    ports.close();
    ports.close();
    plug("org.quantix.agent.0");
    look.run();
    settle();
    assertThat(links).isEmpty();
    Probe probe = new Probe();
    link.open(probe);
    probe.awaitCall("present");
    link.close();
    assertThat(probe.awaitClosed()).isNull();
    settle();

    assertThat(timers.delays()).hasSize(1);
    assertThat(reported).isEmpty();
  }

  @Test
  void carriesCalls() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try (SystemTimers clock = new SystemTimers("test-timers")) {
      AgentServer server =
          AgentServer.builder(executor, clock).addService(new PingService()).build().start();
      DevicePorts.start(
          loop, timers, new PortFinder.Fixed(root, pty.slave()), handler(server::serve));
      AgentChannel channel = AgentChannel.builder(this::hostEnd, executor, clock).build();
      PingRequest ping = PingRequest.newBuilder().setSequence(7).build();
      AgentServiceGrpc.AgentServiceBlockingStub host =
          AgentServiceGrpc.newBlockingStub(channel)
              .withWaitForReady()
              .withDeadlineAfter(20, TimeUnit.SECONDS);

      assertThat(host.ping(ping).getSequence()).isEqualTo(7);
      assertThat(channel.shutdownNow().awaitTermination(20, TimeUnit.SECONDS)).isTrue();
      server.shutdownNow();
      assertThat(server.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      executor.shutdownNow();
    }
    assertThat(reported).isEmpty();
  }

  /** The host's end of the terminal. */
  private Link hostEnd() throws IOException {
    PortLink link =
        new PortLink(loop, master, "master", new PeerInfo.VirtioPort("master"), cause -> {});
    loop.adopt(link);
    return link;
  }

  private static final class PingService extends AgentServiceGrpc.AgentServiceImplBase {
    @Override
    public void ping(PingRequest request, StreamObserver<PongResponse> answers) {
      answers.onNext(PongResponse.newBuilder().setSequence(request.getSequence()).build());
      answers.onCompleted();
    }
  }
}
