package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.SystemTimers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class UnixLinkTest extends LinkContractTest {
  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<Link> accepted = new LinkedBlockingQueue<>();
  private final SystemTimers timers = new SystemTimers("test-timers");
  private LinkLoop loop;
  private UnixListener listener;
  private LinkDialer dialer;
  private Path directory;

  @BeforeEach
  void start(@TempDir Path temporary) throws IOException {
    directory = temporary;
    loop = startLoop((thread, thrown) -> reported.add(thrown));
    Path path = directory.resolve("link.sock");
    listener =
        UnixListener.listen(loop, timers, path, PeerCheck.ownUserOrRoot(), new Accepting(accepted));
    dialer = UnixSocket.dialer(loop, path);
  }

  LinkLoop startLoop(Thread.UncaughtExceptionHandler uncaught) throws IOException {
    return LinkLoop.start("test-loop", uncaught);
  }

  @AfterEach
  void stop() {
    listener.close();
    loop.close();
    timers.close();
  }

  @Override
  Ends connect() throws Exception {
    Link dialed = dialer.dial();
    Link other = accepted.poll(20, TimeUnit.SECONDS);
    assertThat(other).isNotNull();
    return new Ends(dialed, other);
  }

  @Override
  List<Throwable> reported() {
    return reported;
  }

  @Test
  void knowsItsPeerFromTheKernel() throws Exception {
    Ends ends = connect();
    long uid = (Integer) Files.getAttribute(directory, "unix:uid");
    long gid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:gid");
    PeerInfo.Unix self = new PeerInfo.Unix(uid, gid, ProcessHandle.current().pid());

    assertThat(ends.left().peer()).isEqualTo(self);
    assertThat(ends.right().peer()).isEqualTo(self);
  }

  @Test
  void neverWritesIntoASocketThatGotTheNumberOfAClosedDescriptor() throws Exception {
    FaultyPosix slow = new FaultyPosix();
    try (LinkLoop slowLoop =
            LinkLoop.start(slow.posix(), "slow-loop", (thread, thrown) -> reported.add(thrown));
        Bystanders bystanders = new Bystanders(directory.resolve("bystanders.sock"))) {
      Link link = UnixSocket.dialer(slowLoop, directory.resolve("link.sock")).dial();
      Probe probe = probe();
      link.open(probe);
      AtomicBoolean first = new AtomicBoolean(true);
      slow.before(
          "send",
          () -> {
            if (first.getAndSet(false)) {
              link.close();
              probe.awaitClosed();
              bystanders.connect(20);
            }
          });

      assertThatThrownBy(() -> link.write(ByteBuffer.allocate(100)))
          .isInstanceOf(IOException.class);
      assertThat(bystanders.received()).isZero();
    }
  }

  @Test
  void neverWritesIntoSocketsOfOthersThatComeAndGoMeanwhile() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong foreign = new AtomicLong();
    AtomicLong rounds = new AtomicLong();
    Thread opener =
        new Thread(
            () -> {
              while (!over.get()) {
                Path path = directory.resolve("bystanders.sock");
                try (Bystanders bystanders = new Bystanders(path)) {
                  bystanders.connect(10);
                  foreign.addAndGet(bystanders.received());
                  rounds.incrementAndGet();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            });
    opener.start();
    try {
      closesInTheMiddleOfWritesOfAnotherThreadHundredsOfTimes();
    } finally {
      over.set(true);
      opener.join();
    }
    assertThat(rounds.get()).isGreaterThan(10);
    assertThat(foreign.get()).isZero();
  }

  /** Connections that nobody writes to. */
  private static final class Bystanders implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel server;
    private final List<SocketChannel> ends = new ArrayList<>();

    Bystanders(Path path) throws IOException {
      this.path = path;
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(path));
    }

    void connect(int count) {
      try {
        for (int i = 0; i < count; i++) {
          SocketChannel dialed = SocketChannel.open(UnixDomainSocketAddress.of(path));
          ends.add(dialed);
          ends.add(server.accept());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    long received() throws IOException {
      long total = 0;
      for (SocketChannel end : ends) {
        end.configureBlocking(false);
        total += Math.max(0, end.read(ByteBuffer.allocate(1000)));
      }
      return total;
    }

    @Override
    public void close() throws IOException {
      for (SocketChannel end : ends) {
        end.close();
      }
      server.close();
      Files.delete(path);
    }
  }

  @Test
  void leavesNoDescriptorBehind() throws Exception {
    Path descriptors = Path.of("/proc/self/fd");
    connectAndClose();
    long before = count(descriptors);
    for (int i = 0; i < 50; i++) {
      connectAndClose();
    }

    assertThat(count(descriptors)).isLessThanOrEqualTo(before + 2);
  }

  private void connectAndClose() throws Exception {
    Ends ends = connect();
    Probe left = probe();
    ends.left().open(left);
    Probe right = probe();
    ends.right().open(right);
    ends.left().close();
    left.awaitClosed();
    right.awaitClosed();
  }

  private static long count(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.count();
    }
  }
}
