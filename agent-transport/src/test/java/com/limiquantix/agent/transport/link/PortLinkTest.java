package com.limiquantix.agent.transport.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import com.limiquantix.agent.transport.internal.jna.Pty;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hosts that come and go behind a port. Its place takes the master of a pseudo-terminal, which is
 * hung up and ready all the time while no slave is open, as a port is without a host. Two things it
 * does not do are done for it: to read end of file instead of EIO, and to wake who waits when the
 * other end is opened.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class PortLinkTest {
  private static final PeerInfo PEER = new PeerInfo.VirtioPort("org.limiquantix.agent.0");

  /** The kernel tidies a terminal up after its slave was closed, and wakes who waits for it. */
  private static final int STRAY_WAKE_UPS = 10;

  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final List<FileChannel> hosts = new ArrayList<>();
  private final FaultyPosix posix = new FaultyPosix();
  private final Probe guest = new Probe();
  private final CompletableFuture<Thread> loopThread = new CompletableFuture<>();
  private LinkLoop loop;
  private Pty pty;
  private PortLink port;

  @BeforeEach
  void open() throws IOException {
    pty = new Pty();
    posix.translate("readv", -Errno.EIO, 0);
    loop = LinkLoop.start(posix.posix(), "test-loop", (thread, thrown) -> reported.add(thrown));
    loop.execute(() -> loopThread.complete(Thread.currentThread()));
    port = new PortLink(loop, new Fd(posix.posix(), pty.master()), "port", PEER, cause -> {});
    loop.adopt(port);
    // Until a first slave is closed, a master does not tell that there is none.
    FileChannel.open(pty.slave(), StandardOpenOption.READ).close();
  }

  @AfterEach
  void close() throws IOException {
    loop.close();
    for (FileChannel host : hosts) {
      host.close();
    }
    assertThat(guest.violations()).isEmpty();
    assertThat(reported).isEmpty();
  }

  /** A host comes, and the kernel wakes who waits. */
  private FileChannel attach() throws IOException {
    FileChannel host =
        FileChannel.open(pty.slave(), StandardOpenOption.READ, StandardOpenOption.WRITE);
    hosts.add(host);
    Object[] last = posix.lastArguments("epollControl");
    posix
        .posix()
        .epollControl(
            (Integer) last[0],
            Posix.EPOLL_CTL_MOD,
            (Integer) last[2],
            (Integer) last[3],
            (Long) last[4]);
    return host;
  }

  /** Reads until the host is closed. */
  private static void readAll(FileChannel host) {
    Thread reader =
        new Thread(
            () -> {
              try {
                while (host.read(ByteBuffer.allocate(10_000)) >= 0) {}
              } catch (ClosedChannelException e) {
                // That ends it.
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    reader.setDaemon(true);
    reader.start();
  }

  private void attachAndLeave() throws IOException {
    FileChannel host = attach();
    guest.awaitCall("present");
    host.close();
    guest.awaitCalls("present", "absent");
  }

  /** All that the loop had to do before this is done when this returns. */
  private void settle() throws Exception {
    for (int i = 0; i < 3; i++) {
      FutureTask<Void> turn = new FutureTask<>(() -> {}, null);
      loop.execute(turn);
      turn.get(20, TimeUnit.SECONDS);
    }
  }

  /** What {@code between} does happens while the loop looks at nothing. */
  private void unseen(Step between) throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    loop.execute(
        () -> {
          begun.countDown();
          try {
            over.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    begun.await();
    try {
      between.run();
    } finally {
      over.countDown();
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(US_ASCII));
  }

  @Test
  void outlivesItsHosts() throws Exception {
    port.open(guest);
    settle();
    assertThat(guest.calls()).isEmpty();
    attachAndLeave();
    attach().write(bytes("again"));
    guest.awaitCount(5);

    assertThat(guest.calls()).containsExactly("present", "absent", "present", "bytes");
    assertThat(port.peer()).isEqualTo(PEER);
    port.close();
    assertThat(guest.awaitClosed()).isNull();
  }

  @Test
  void tellsAHostThatCameFromOneThatWasThereBefore() throws Exception {
    port.open(guest);
    settle();
    attach().write(bytes("later"));
    guest.awaitCount(5);
    assertThat(port.peerWasThere()).isFalse();

    Pty other = new Pty();
    FileChannel before = FileChannel.open(other.slave(), StandardOpenOption.WRITE);
    hosts.add(before);
    before.write(bytes("middle of something"));
    PortLink late =
        new PortLink(loop, new Fd(posix.posix(), other.master()), "late", PEER, cause -> {});
    loop.adopt(late);
    Probe probe = new Probe();
    late.open(probe);
    probe.awaitCount(1);

    assertThat(late.peerWasThere()).isTrue();
  }

  @Test
  void takesNothingWhileNoHostIsThereAndSaysWhenItWouldAgain() throws Exception {
    port.open(guest);
    settle();
    assertThat(port.write(bytes("lost"))).isZero();
    port.requestWritable();
    settle();
    assertThat(guest.calls()).isEmpty();
    FileChannel host = attach();
    guest.awaitWritable();
    assertThat(port.write(bytes("heard"))).isEqualTo(5);
    ByteBuffer heard = ByteBuffer.allocate(100);
    host.read(heard);

    assertThat(heard.flip()).isEqualTo(bytes("heard"));
    assertThat(guest.calls()).containsExactly("present", "writable");
  }

  @Test
  void waitsForAHostWithoutWakingUp() throws Exception {
    port.open(guest);
    attachAndLeave();
    settle();
    int before = posix.count("epollWait");
    int tasks = 20;
    for (int i = 0; i < tasks; i++) {
      settle();
    }

    // Each settling wakes the loop three times.
    assertThat(posix.count("epollWait") - before).isLessThan(3 * tasks + STRAY_WAKE_UPS);
  }

  @Test
  void needsLessThanAHundredthOfAProcessorWhileItWaitsForAHost() throws Exception {
    port.open(guest);
    attachAndLeave();
    settle();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long thread = loopThread.get().getId();
    int wakeUps = posix.count("epollWait");
    long cpu = threads.getThreadCpuTime(thread);
    assertThat(new CountDownLatch(1).await(1, TimeUnit.SECONDS)).isFalse();

    assertThat(posix.count("epollWait") - wakeUps).isLessThan(STRAY_WAKE_UPS);
    assertThat(threads.getThreadCpuTime(thread) - cpu)
        .isLessThan(TimeUnit.MILLISECONDS.toNanos(10));
  }

  @Test
  void doesNotNoticeAFastReconnect() throws Exception {
    port.open(guest);
    FileChannel first = attach();
    guest.awaitCall("present");
    unseen(
        () -> {
          first.close();
          attach().write(bytes("second"));
        });
    guest.awaitCount(6);

    assertThat(guest.calls()).containsExactly("present", "bytes");
  }

  @Test
  void deliversWhatAHostSentBeforeItLeft() throws Exception {
    port.open(guest);
    settle();
    unseen(
        () -> {
          FileChannel host = attach();
          host.write(bytes("last words"));
          host.close();
        });
    guest.awaitCalls("present", "bytes", "absent");

    assertThat(guest.received()).asString(US_ASCII).isEqualTo("last words");
  }

  @Test
  void writesAtMost32KiBAtATime() throws Exception {
    port.open(guest);
    attach();
    guest.awaitCall("present");
    assertThat(port.write(ByteBuffer.allocate(100_000))).isPositive();

    assertThat(posix.lastArguments("write")[2]).isEqualTo(32 * 1024);
  }

  @Test
  void survivesAHostThatLeavesWhileTheWayIsFull() throws Exception {
    port.open(guest);
    FileChannel first = attach();
    guest.awaitCall("present");
    LinkContractTest.fill(port);
    port.requestWritable();
    first.close();
    guest.awaitCalls("present", "absent");
    assertThat(port.write(bytes("x"))).isZero();
    readAll(attach());
    guest.awaitWritable();

    assertThat(guest.calls()).containsExactly("present", "absent", "present", "writable");
  }

  @Test
  void closesWithTheCauseWhenThePortIsUnplugged() throws Exception {
    port.open(guest);
    FileChannel host = attach();
    guest.awaitCall("present");
    posix.translate("readv", -Errno.EIO, -Errno.ENODEV);
    host.close();

    assertThat(guest.awaitClosed()).hasMessageContaining("port").hasMessageContaining("ENODEV");
    assertThatThrownBy(() -> port.write(bytes("x"))).isInstanceOf(IOException.class);
  }

  @Test
  void closesATerminalThatWasHungUpBecauseNoHostComesBackToIt() throws Exception {
    Posix libc = Posix.libc();
    Pty other = new Pty();
    PortLink slave = opened(other.slave());
    Probe probe = new Probe();
    slave.open(probe);
    probe.awaitCall("present");
    libc.close(other.master());

    assertThat(probe.awaitClosed()).hasMessageContaining(other.slave().toString());
    assertThat(probe.calls()).containsExactly("present", "absent", "closed");
  }

  private PortLink opened(Path device) throws Exception {
    FutureTask<PortLink> link =
        new FutureTask<>(() -> PortLink.open(loop, device, "name", cause -> {}));
    loop.execute(link);
    return link.get(20, TimeUnit.SECONDS);
  }

  private void refuses(Path device, String... texts) {
    int links = loop.size();
    assertThatThrownBy(() -> opened(device))
        .hasCauseInstanceOf(IOException.class)
        .hasMessageContaining(device.toString())
        .hasMessageContainingAll(texts);
    assertThat(loop.size()).isEqualTo(links);
  }

  @Test
  void saysWhyADeviceCannotBeOpened(@TempDir Path directory) throws Exception {
    refuses(directory.resolve("none"), "ENOENT", "channel");
    refuses(directory, "EISDIR");
    refuses(Files.createFile(directory.resolve("file")), "character device");
    refuses(Path.of("/dev/null"), "EPERM", "cannot be waited on");
    posix.fail("openDevice", Errno.EBUSY, 1);
    refuses(pty.slave(), "EBUSY", "another process");
    posix.fail("openDevice", Errno.EINTR, 2);
    opened(pty.slave()).close();
  }
}
