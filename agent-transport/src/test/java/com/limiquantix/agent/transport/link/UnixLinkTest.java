package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.SystemTimers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    loop = LinkLoop.start("test-loop", (thread, thrown) -> reported.add(thrown));
    Path path = directory.resolve("link.sock");
    listener =
        UnixListener.listen(loop, timers, path, PeerCheck.ownUserOrRoot(), new Accepting(accepted));
    dialer = UnixSocket.dialer(loop, path);
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
  void neverWritesIntoAFileThatGotTheNumberOfAClosedDescriptor() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong opened = new AtomicLong();
    AtomicLong foreign = new AtomicLong();
    Thread opener =
        new Thread(
            () -> {
              try {
                while (!over.get()) {
                  Path file = directory.resolve("file-" + opened.incrementAndGet());
                  try (var channel =
                      java.nio.channels.FileChannel.open(
                          file,
                          java.nio.file.StandardOpenOption.CREATE,
                          java.nio.file.StandardOpenOption.WRITE)) {
                    foreign.addAndGet(channel.size());
                  }
                  Files.delete(file);
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    opener.start();
    try {
      closesInTheMiddleOfWritesOfAnotherThreadHundredsOfTimes();
    } finally {
      over.set(true);
      opener.join();
    }
    assertThat(opened.get()).isGreaterThan(100);
    assertThat(foreign.get()).isZero();
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
