package com.limiquantix.agent.transport.link;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.SystemTimers;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
@Timeout(60)
class UnixListenerTest {
  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<Link> accepted = new LinkedBlockingQueue<>();
  private final Accepting handler = new Accepting(accepted);
  private final SystemTimers timers = new SystemTimers("test-timers");
  private LinkLoop loop;
  private Path directory;
  private Path path;

  @BeforeEach
  void start(@TempDir Path temporary) throws IOException {
    directory = temporary;
    path = temporary.resolve("agent.sock");
    loop = LinkLoop.start("test-loop", (thread, thrown) -> reported.add(thrown));
  }

  @AfterEach
  void stop() {
    loop.close();
    timers.close();
    assertThat(reported).isEmpty();
  }

  private UnixListener listen(PeerCheck check) throws IOException {
    return UnixListener.listen(loop, timers, path, check, handler);
  }

  private UnixListener listen() throws IOException {
    return listen(PeerCheck.ownUserOrRoot());
  }

  private Link dial() throws IOException {
    return UnixSocket.dialer(loop, path).dial();
  }

  /** What a process leaves behind that was killed while it listened. */
  private void leaveStaleSocket() throws IOException {
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }
  }

  @Test
  void isForItsOwnerOnlyFromTheFirstMoment() throws IOException {
    FaultyPosix faulty = new FaultyPosix();
    faulty.before(
        "listen",
        () -> {
          try {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    try (LinkLoop watched =
            LinkLoop.start(faulty.posix(), "watched", (thread, thrown) -> reported.add(thrown));
        UnixListener listener =
            UnixListener.listen(watched, timers, path, PeerCheck.ownUserOrRoot(), handler)) {
      assertThat(faulty.count("listen")).isEqualTo(1);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-------");
      assertThat(listener).hasToString("unix socket " + path);
    }
  }

  @Test
  void replacesASocketThatNobodyListensOn() throws IOException {
    leaveStaleSocket();
    try (UnixListener listener = listen();
        Link link = dial()) {
      assertThat(link.peer().describe()).contains("uid=");
      assertThat(listener).isNotNull();
      assertThat(directory.toFile().list()).containsExactly("agent.sock");
    }
  }

  @Test
  void doesNotReplaceASocketThatSomebodyListensOn() throws Exception {
    try (UnixListener first = listen()) {
      assertThatThrownBy(this::listen)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(path.toString())
          .hasMessageContaining("listens");
      dial().close();
      assertThat(first).isNotNull();
    }
  }

  @Test
  void leavesASocketAloneThatCameBetweenTheLookAndTheReplacement() throws Exception {
    leaveStaleSocket();
    FaultyPosix faulty = new FaultyPosix();
    AtomicInteger probes = new AtomicInteger();
    try (LinkLoop racing =
            LinkLoop.start(faulty.posix(), "racing", (thread, thrown) -> reported.add(thrown));
        ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      faulty.after(
          "connectUnix",
          () -> {
            probes.incrementAndGet();
            try {
              Files.delete(path);
              other.bind(UnixDomainSocketAddress.of(path));
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertThatThrownBy(
              () -> UnixListener.listen(racing, timers, path, PeerCheck.ownUserOrRoot(), handler))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("replaced");
      assertThat(probes).hasValue(1);
      dial().close();
    }
  }

  @Test
  void doesNotTouchWhatIsNotASocket() throws IOException {
    Files.writeString(path, "precious");

    assertThatThrownBy(this::listen)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a socket");
    assertThat(path).hasContent("precious");
  }

  @Test
  void doesNotFollowASymbolicLink() throws IOException {
    Files.createSymbolicLink(path, directory.resolve("elsewhere"));

    assertThatThrownBy(this::listen).isInstanceOf(IOException.class);
    assertThat(directory.resolve("elsewhere")).doesNotExist();
  }

  @Test
  void saysHowLongAPathMayBe() {
    Path limit = directory.resolve("x".repeat(106 - directory.toString().length()));
    Path tooLong = Path.of(limit + "y");

    assertThat(limit.toString()).hasSize(107);
    path = limit;
    assertThatThrownBy(this::dial).hasMessageContaining("ENOENT");
    path = tooLong;
    assertThatThrownBy(this::listen)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("107")
        .hasMessageContaining("108");
    assertThatThrownBy(this::dial).isInstanceOf(IOException.class).hasMessageContaining("107");
  }

  @Test
  void takesAPathOfFullLength() throws IOException {
    path = directory.resolve("x".repeat(106 - directory.toString().length()));
    try (UnixListener listener = listen();
        Link link = dial()) {
      assertThat(listener).isNotNull();
      assertThat(link).isNotNull();
    }
  }

  @Test
  void removesItsSocketUnlessAnotherTookThePath() throws IOException {
    listen().close();
    assertThat(path).doesNotExist();

    UnixListener robbed = listen();
    Files.delete(path);
    Files.writeString(path, "another's");
    robbed.close();
    assertThat(path).hasContent("another's");
  }

  @Test
  void refusesAPeerThatTheCheckDoesNotAllow() throws Exception {
    try (UnixListener listener = listen(peer -> false)) {
      Link link = dial();
      Probe probe = new Probe();
      link.open(probe);
      probe.awaitClosed();

      assertThat(listener).isNotNull();
      assertThat(probe.count()).isZero();
      assertThat(accepted).isEmpty();
      assertThat(handler.refused)
          .singleElement()
          .extracting(PeerInfo.Unix::pid)
          .isEqualTo(ProcessHandle.current().pid());
    }
  }

  @Test
  void dialerRefusesAListenerThatItsCheckDoesNotAllow() throws Exception {
    try (UnixListener listener = listen()) {
      assertThat(listener).isNotNull();
      assertThatThrownBy(() -> UnixSocket.dialer(loop, path, peer -> false).dial())
          .isInstanceOf(IOException.class)
          .hasMessageContaining(path.toString())
          .hasMessageContaining("uid=");
    }
  }

  @Test
  void dialerSaysWhyAndWhatToDo() throws IOException {
    assertThatThrownBy(this::dial).hasMessageContaining("ENOENT").hasMessageContaining("running");
    leaveStaleSocket();
    assertThatThrownBy(this::dial)
        .hasMessageContaining("ECONNREFUSED")
        .hasMessageContaining("start");
  }

  @Test
  void dialerSaysWhenTheListenersQueueIsFull() throws IOException {
    try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      deaf.bind(UnixDomainSocketAddress.of(path), 1);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10; i++) {
                  dial();
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("EAGAIN")
          .hasMessageContaining("queue is full");
    }
  }

  @Test
  void closesALinkWhoseHandlerThrows() throws Exception {
    IllegalStateException bug = new IllegalStateException("a handler's bug");
    UnixListener.Handler throwing =
        new UnixListener.Handler() {
          @Override
          public void onLink(Link link) {
            throw bug;
          }

          @Override
          public void onRefused(PeerInfo.Unix peer) {}

          @Override
          public void onAcceptFailed(IOException cause) {}
        };
    try (UnixListener listener =
        UnixListener.listen(loop, timers, path, PeerCheck.ownUserOrRoot(), throwing)) {
      Probe probe = new Probe();
      dial().open(probe);
      probe.awaitClosed();
      assertThat(listener).isNotNull();
      assertThat(reported).containsExactly(bug);
      reported.clear();
    }
  }

  @Test
  void keepsItsLinksWhenItStopsListening() throws Exception {
    UnixListener listener = listen();
    Link left = dial();
    Link right = accepted.poll(20, TimeUnit.SECONDS);
    assertThat(right).isNotNull();
    listener.close();
    Probe probe = new Probe();
    right.open(probe);
    left.open(new Probe());
    left.write(java.nio.ByteBuffer.allocate(3));

    probe.awaitCount(3);
  }

  @Test
  void oneOfManyThatStartAtOnceGetsThePath() throws Exception {
    leaveStaleSocket();
    for (int round = 0; round < 100; round++) {
      CountDownLatch go = new CountDownLatch(1);
      LinkedBlockingQueue<UnixListener> winners = new LinkedBlockingQueue<>();
      Thread[] starters = new Thread[4];
      for (int i = 0; i < starters.length; i++) {
        starters[i] =
            new Thread(
                () -> {
                  try {
                    go.await();
                    winners.add(listen());
                  } catch (IOException lost) {
                    assertThat(lost).hasMessageContaining(path.toString());
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
        starters[i].start();
      }
      go.countDown();
      for (Thread starter : starters) {
        starter.join();
      }
      assertThat(winners.size()).isLessThanOrEqualTo(1);
      assertThat(directory.resolve("agent.sock.lock")).doesNotExist();
      for (UnixListener winner : winners) {
        dial().close();
        winner.close();
      }
      Files.deleteIfExists(path);
      leaveStaleSocket();
    }
  }

  @Test
  void aRealOtherUserIsRefusedByBothSides() throws Exception {
    Path python = Path.of("/usr/bin/python3");
    assumeTrue(
        "root".equals(System.getProperty("user.name"))
            && Files.isExecutable(python)
            && Files.isExecutable(Path.of("/usr/bin/setpriv")),
        "needs root, setpriv and python3");
    try (UnixListener listener = listen()) {
      assertThat(connectAsNobody()).contains("PermissionError");
      // Opens the doors that the mode keeps closed, so that the credentials alone decide.
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      assertThat(connectAsNobody()).isEqualTo("received b''");
      assertThat(listener).isNotNull();
      assertThat(handler.refused).extracting(PeerInfo.Unix::uid).containsExactly(65534L);
      assertThat(accepted).isEmpty();
    }
  }

  private String connectAsNobody() throws Exception {
    Process process =
        new ProcessBuilder(
                "/usr/bin/setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "/usr/bin/python3",
                "-c",
                """
                import socket, sys
                s = socket.socket(socket.AF_UNIX)
                try:
                    s.connect(sys.argv[1])
                    s.settimeout(20)
                    print("received", s.recv(10))
                except OSError as e:
                    print(type(e).__name__)
                """,
                path.toString())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8).trim();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return output;
  }
}
