package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What dialers and listeners make of what vsock answers. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class VsockTest {
  private static final int PORT = Vsock.AGENT_PORT;

  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final ManualTimers timers = new ManualTimers();
  private final Pauses pauses = new Pauses();
  private final Arrivals arrivals = new Arrivals();
  private final Heard heard = new Heard();
  private VsockOverUnix vsock;
  private LinkLoop loop;

  /** The pauses of a dialer alone; the time for an answer never passes. */
  private static final class Pauses implements Timers {
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final BlockingQueue<Long> millis = new LinkedBlockingQueue<>();
    private final AtomicLong now = new AtomicLong();

    @Override
    public long nanoTime() {
      return now.get();
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
      if (delayNanos != Vsock.CONNECT_NANOS) {
        millis.add(TimeUnit.NANOSECONDS.toMillis(delayNanos));
        tasks.add(task);
      }
      return () -> {};
    }

    /** Lets the next pause be over, and returns how long it was. */
    long over() throws InterruptedException {
      Runnable task = taken(tasks);
      long pause = taken(millis);
      now.addAndGet(TimeUnit.MILLISECONDS.toNanos(pause));
      task.run();
      return pause;
    }
  }

  /** What a listener hands over. */
  private static final class Arrivals implements VsockListener.Handler {
    final BlockingQueue<Link> links = new LinkedBlockingQueue<>();
    final BlockingQueue<PeerInfo.Vsock> refused = new LinkedBlockingQueue<>();
    final BlockingQueue<IOException> failed = new LinkedBlockingQueue<>();

    @Override
    public void onLink(Link link) {
      links.add(link);
    }

    @Override
    public void onRefused(PeerInfo.Vsock peer) {
      refused.add(peer);
    }

    @Override
    public void onAcceptFailed(IOException cause) {
      failed.add(cause);
    }
  }

  /** What a VM hears of its host; it opens what it is given. */
  private static final class Heard implements VsockHost.Handler {
    final BlockingQueue<Link> links = new LinkedBlockingQueue<>();
    final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    @Override
    public void onLink(Link link) {
      link.open(new Probe());
      links.add(link);
    }

    @Override
    public void onConnected() {
      told.add("connected");
    }

    @Override
    public void onUnavailable(String reason) {
      told.add(reason);
    }

    String next() throws InterruptedException {
      return taken(told);
    }
  }

  private static <T> T taken(BlockingQueue<T> from) throws InterruptedException {
    T next = from.poll(20, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing came");
    }
    return next;
  }

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    vsock = new VsockOverUnix(directory);
    loop = LinkLoop.start(vsock.posix(), "test-loop", (thread, thrown) -> reported.add(thrown));
  }

  @AfterEach
  void stop() {
    loop.close();
    assertThat(reported).isEmpty();
  }

  private VsockListener listen(VsockCheck check) throws IOException {
    return VsockListener.listen(loop, timers, PORT, check, arrivals);
  }

  private Link dial() throws IOException {
    return Vsock.dialer(loop, timers, 3, PORT).dial();
  }

  private VsockHost host() {
    return VsockHost.dial(loop, pauses, Vsock.HOST_CID, PORT, new Random(1), heard);
  }

  @Test
  void givenListener_whenDialed_thenBothEndsAreThere_andTheListenerKnowsWho() throws Exception {
    try (VsockListener listener = listen(VsockCheck.privileged())) {
      Probe dialing = new Probe();
      Link dialed = dial();
      dialed.open(dialing);
      dialing.awaitCall("present");
      Link accepted = taken(arrivals.links);

      assertThat(dialed.peer()).isEqualTo(new PeerInfo.Vsock(3, PORT));
      PeerInfo.Vsock from = (PeerInfo.Vsock) accepted.peer();
      assertThat(from.cid()).isEqualTo(3);
      assertThat(from.port())
          .isBetween(
              (long) Vsock.FIRST_SOURCE_PORT, Vsock.FIRST_SOURCE_PORT + Vsock.SOURCE_PORTS - 1L)
          .isLessThanOrEqualTo(Vsock.LAST_PRIVILEGED_PORT);
      Probe accepting = new Probe();
      accepted.open(accepting);
      dialed.write(ByteBuffer.wrap(new byte[] {7}));
      accepting.awaitCount(1);
    }
  }

  @Test
  void givenSourcePortsInUse_whenDialed_thenAFreeOneIsFound() throws Exception {
    vsock.occupy(Vsock.FIRST_SOURCE_PORT, Vsock.SOURCE_PORTS - 1);
    try (VsockListener listener = listen(VsockCheck.privileged())) {
      dial();
      assertThat(((PeerInfo.Vsock) taken(arrivals.links).peer()).port())
          .isEqualTo(Vsock.FIRST_SOURCE_PORT + Vsock.SOURCE_PORTS - 1);
    }
  }

  @Test
  void givenNoSourcePortFree_whenDialed_thenItSaysWhichWereTried() {
    vsock.occupy(Vsock.FIRST_SOURCE_PORT, Vsock.SOURCE_PORTS);

    assertThatThrownBy(this::dial)
        .isInstanceOf(IOException.class)
        .hasMessage(
            "Cannot connect to vsock 3:943: all ports from 640 to 895 are in use; end what holds"
                + " them");
  }

  @Test
  void givenNobodyElseThanRootMayBind_whenDialed_thenItSaysWhatToDo() {
    vsock.unprivileged = true;

    assertThatThrownBy(this::dial)
        .isInstanceOf(IOException.class)
        .hasMessage(
            "Cannot connect to vsock 3:943 from a port below 1024: permission denied (EACCES); run"
                + " as root or with CAP_NET_BIND_SERVICE");
    assertThatThrownBy(() -> listen(VsockCheck.privileged()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("run as root");
  }

  @Test
  void givenKernelWithoutVsock_thenItSaysSo() {
    vsock.socketErrno = Errno.EAFNOSUPPORT;

    assertThatThrownBy(this::dial)
        .isInstanceOf(IOException.class)
        .hasMessage(
            "Cannot connect to vsock 3:943: address family not supported (EAFNOSUPPORT); this"
                + " kernel has no vsock: load the module vsock, or use another link");
    assertThatThrownBy(() -> listen(VsockCheck.privileged()))
        .hasMessageContaining("this kernel has no vsock");
  }

  @Test
  void givenNoVmWithThatCid_whenDialed_thenItSaysSo() {
    vsock.connectErrno = Errno.ENODEV;

    assertThatThrownBy(this::dial)
        .isInstanceOf(IOException.class)
        .hasMessage(
            "Cannot connect to vsock 3:943: no such device (ENODEV); no VM here has CID 3: is it"
                + " running, with a vsock device?");
  }

  @Test
  void givenPeerThatDoesNotAnswer_thenTheLinkClosesAfterASecond_withoutAPeer() throws Exception {
    vsock.hanging = true;
    Probe probe = new Probe();
    Link link = dial();
    link.open(probe);
    assertThat(link.write(ByteBuffer.allocate(1))).isZero();
    assertThat(timers.delays()).containsExactly(Vsock.CONNECT_NANOS);

    timers.next().run();

    assertThat(probe.awaitClosed())
        .hasMessage(
            "Cannot connect to vsock 3:943: timed out (ETIMEDOUT); the other end does not answer");
    assertThat(probe.calls()).containsExactly("closed");
  }

  @Test
  void givenPeerThatAnswers_whenTheLinkIsOpenedLate_thenItIsNotGivenUp() throws Exception {
    try (VsockListener listener = listen(VsockCheck.privileged())) {
      Link link = dial();
      taken(arrivals.links);
      timers.next().run();
      Probe probe = new Probe();
      link.open(probe);

      probe.awaitCall("present");
    }
  }

  @Test
  void givenConnectionThatIsRefusedLater_thenTheLinkClosesWithTheReason() throws Exception {
    vsock.hanging = true;
    vsock.outcome = Errno.ECONNRESET;
    Probe probe = new Probe();
    dial().open(probe);

    assertThat(probe.awaitClosed())
        .hasMessage(
            "Cannot connect to vsock 3:943: connection reset by peer (ECONNRESET); nobody listens"
                + " on port 943 there");
  }

  @Test
  void givenPeerWithAnOrdinaryPort_thenItIsDisconnected() throws Exception {
    try (VsockListener listener = listen(VsockCheck.privileged())) {
      int fd = vsock.connectFrom(1024, PORT);

      assertThat(taken(arrivals.refused)).isEqualTo(new PeerInfo.Vsock(3, 1024));
      assertThat(arrivals.links).isEmpty();
      Posix.libc().close(fd);
    }
  }

  @Test
  void givenPeersOfOtherCids_thenOnlyTheHostIsLetIn() throws Exception {
    try (VsockListener listener = listen(VsockCheck.privileged().from(Vsock.HOST_CID))) {
      vsock.dialerCid = 4;
      Posix.libc().close(vsock.connectFrom(700, PORT));
      assertThat(taken(arrivals.refused)).isEqualTo(new PeerInfo.Vsock(4, 700));
      vsock.dialerCid = Vsock.HOST_CID;
      Posix.libc().close(vsock.connectFrom(1500, PORT));
      assertThat(taken(arrivals.refused)).isEqualTo(new PeerInfo.Vsock(2, 1500));
      int fd = vsock.connectFrom(700, PORT);
      assertThat(taken(arrivals.links).peer()).isEqualTo(new PeerInfo.Vsock(2, 700));
      Posix.libc().close(fd);
    }
  }

  @Test
  void givenPortInUse_whenListening_thenItSaysSo() throws Exception {
    try (VsockListener listener = listen(VsockCheck.privileged())) {
      assertThatThrownBy(() -> listen(VsockCheck.privileged()))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "Cannot listen on vsock port 943: address in use (EADDRINUSE); another process"
                  + " listens there: end it, or choose a port");
    }
  }

  @Test
  void givenHostThatIsAway_thenItIsToldOnce_andTriedAgainBeforeTwoSecondsHavePassed()
      throws Exception {
    try (VsockHost host = host()) {
      assertThat(heard.next()).contains("nobody listens on port 943");
      List<Long> waited = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        waited.add(pauses.over());
      }
      assertThat(heard.told).isEmpty();
      assertThat(waited.get(0)).isBetween(160L, 240L);
      assertThat(waited.subList(8, 20))
          .allSatisfy(pause -> assertThat(pause).isBetween(1040L, 1560L));
      assertThat(waited.subList(8, 20)).doesNotHaveDuplicates();
    }
  }

  @Test
  void givenHostThatComesAndGoes_thenTheVmIsConnectedEachTime() throws Exception {
    try (VsockHost host = host()) {
      assertThat(heard.next()).contains("nobody listens on port 943");
      for (int i = 0; i < 3; i++) {
        try (VsockListener listener = listen(VsockCheck.privileged())) {
          pauses.over();
          assertThat(heard.next()).isEqualTo("connected");
          Link accepted = taken(arrivals.links);
          pauses.now.addAndGet(VsockHost.GOOD_NANOS);
          accepted.close();
          assertThat(heard.next()).isEqualTo("vsock 2:943 was closed; connecting again");
        }
        vsock.removeSockets();
        assertThat(pauses.over()).isBetween(160L, 240L);
        assertThat(heard.next()).contains("nobody listens on port 943");
      }
    }
  }

  @Test
  void givenHostThatTurnsTheVmAway_thenThatIsToldOnce_andThePausesGrow() throws Exception {
    try (VsockListener listener = listen(peer -> false);
        VsockHost host = host()) {
      long last = 0;
      for (int i = 0; i < 8; i++) {
        taken(arrivals.refused);
        last = pauses.over();
      }
      taken(arrivals.refused);
      assertThat(last).isGreaterThan(1_000);
      assertThat(heard.told.stream().filter(text -> !text.equals("connected")))
          .containsExactly(
              "vsock 2:943 was closed at once: the host does not know this VM's CID, or serves it"
                  + " already");
      assertThat(heard.told.stream().filter("connected"::equals)).hasSizeLessThanOrEqualTo(1);
    }
  }

  @Test
  void givenHostDialerThatIsClosed_thenItTriesNoMore_andItsLinkStays() throws Exception {
    try (VsockListener listener = listen(VsockCheck.privileged())) {
      VsockHost host = host();
      assertThat(heard.next()).isEqualTo("connected");
      host.close();
      host.close();
      Link accepted = taken(arrivals.links);
      accepted.open(new Probe());
      assertThat(accepted.write(ByteBuffer.allocate(1))).isEqualTo(1);
      accepted.close();
      assertThat(pauses.tasks).isEmpty();
    }
  }

  @Test
  void givenNoVsockDevice_thenNothingIsDialed_notEvenWithLoopback() throws Exception {
    vsock.localCid = 1;
    try (VsockHost host = host()) {
      assertThat(heard.next()).contains("no vsock device", "CID 2 would be itself");
      assertThat(pauses.over()).isEqualTo(5_000);
      vsock.localCid = -Errno.ENOENT;
      pauses.over();
      assertThat(heard.next()).contains("/dev/vsock is missing");
      assertThat(vsock.sockets).isZero();
    }
  }
}
