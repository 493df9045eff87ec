package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
@Timeout(60)
class LinkLoopTest {
  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<Link> accepted = new LinkedBlockingQueue<>();
  private final SystemTimers timers = new SystemTimers("test-timers");
  private LinkLoop loop;
  private Path path;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    path = directory.resolve("loop.sock");
    loop = LinkLoop.start("test-loop", (thread, thrown) -> reported.add(thrown));
  }

  @AfterEach
  void stop() {
    loop.close();
    timers.close();
  }

  private LinkContractTest.Ends connect(LinkLoop dialing) throws Exception {
    Link left = UnixSocket.dialer(dialing, path).dial();
    Link right = accepted.poll(20, TimeUnit.SECONDS);
    assertThat(right).isNotNull();
    return new LinkContractTest.Ends(left, right);
  }

  private UnixListener listen() throws IOException {
    return UnixListener.listen(
        loop, timers, path, PeerCheck.ownUserOrRoot(), new Accepting(accepted));
  }

  @Test
  void runsTasksInOrderInItsThreadAndSurvivesTheirExceptions() throws Exception {
    RuntimeException bug = new RuntimeException("a task's bug");
    CompletableFuture<Boolean> inLoop = new CompletableFuture<>();
    loop.execute(
        () -> {
          throw bug;
        });
    loop.execute(() -> inLoop.complete(loop.inLoop()));

    assertThat(inLoop.get(20, TimeUnit.SECONDS)).isTrue();
    assertThat(loop.inLoop()).isFalse();
    assertThat(reported).containsExactly(bug);
  }

  @Test
  void closesItsLinksAndItsListenersWhenItCloses() throws Exception {
    listen();
    LinkContractTest.Ends opened = connect(loop);
    Probe left = new Probe();
    Probe right = new Probe();
    opened.left().open(left);
    opened.right().open(right);
    LinkContractTest.Ends never = connect(loop);
    loop.close();

    assertThat(left.awaitClosed()).isNull();
    assertThat(right.awaitClosed()).isNull();
    assertThat(path).doesNotExist();
    assertThat(loop.size()).isZero();
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    assertThatThrownBy(() -> UnixSocket.dialer(loop, path).dial()).isInstanceOf(IOException.class);
    Probe late = new Probe();
    never.left().open(late);
    assertThat(late.awaitClosed()).isNull();
    assertThat(late.calls()).containsExactly("closed");
    assertThatThrownBy(() -> never.left().write(ByteBuffer.allocate(1)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void canBeClosedFromItsOwnThread() throws Exception {
    listen();
    LinkContractTest.Ends ends = connect(loop);
    Probe left = new Probe(bytes -> loop.close());
    ends.left().open(left);
    ends.right().open(new Probe());
    ends.right().write(ByteBuffer.allocate(1));

    assertThat(left.awaitClosed()).isNull();
    loop.close();
  }

  @Test
  void servesOthersWhileOneLinkIsFlooded() throws Exception {
    listen();
    LinkContractTest.Ends flooded = connect(loop);
    LinkContractTest.Ends quiet = connect(loop);
    Probe sink = new Probe(bytes -> bytes.position(bytes.limit()));
    flooded.left().open(new Probe());
    flooded.right().open(sink);
    Probe quietLeft = new Probe();
    Probe quietRight = new Probe();
    quiet.left().open(quietLeft);
    quiet.right().open(quietRight);
    CompletableFuture<Void> over = new CompletableFuture<>();
    Thread flood =
        new Thread(
            () -> {
              ByteBuffer noise = ByteBuffer.allocateDirect(200_000);
              try {
                while (!over.isDone()) {
                  flooded.left().write(noise.clear());
                }
              } catch (IOException e) {
                over.completeExceptionally(e);
              }
            });
    flood.start();
    for (int i = 1; i <= 200; i++) {
      quiet.left().write(ByteBuffer.allocate(1));
      quietRight.awaitCount(i);
    }
    over.complete(null);
    flood.join();

    assertThat(over.isCompletedExceptionally()).isFalse();
    assertThat(sink.count()).isPositive();
  }

  @Test
  void servesAThousandLinksInOneThread() throws Exception {
    listen();
    List<LinkContractTest.Ends> all = new ArrayList<>();
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      LinkContractTest.Ends ends = connect(loop);
      all.add(ends);
      Probe probe = new Probe();
      probes.add(probe);
      ends.left().open(new Probe());
      ends.right().open(probe);
    }
    for (LinkContractTest.Ends ends : all) {
      ends.left().write(ByteBuffer.allocate(100));
    }
    for (Probe probe : probes) {
      probe.awaitCount(100);
    }

    assertThat(loop.size()).isEqualTo(801);
    assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
        .containsOnlyOnce("test-loop");
  }

  @Test
  void goesOnAfterInterruptedSystemCalls() throws Exception {
    FaultyPosix faulty = new FaultyPosix();
    try (LinkLoop interrupted =
        LinkLoop.start(faulty.posix(), "interrupted", (thread, thrown) -> reported.add(thrown))) {
      listen();
      LinkContractTest.Ends ends = connect(interrupted);
      Probe left = new Probe();
      Probe right = new Probe();
      ends.left().open(left);
      ends.right().open(right);
      for (String call : List.of("read", "send", "epollWait", "write")) {
        faulty.fail(call, 4, 3);
      }
      ends.left().write(ByteBuffer.allocate(10));
      right.awaitCount(10);
      ends.right().write(ByteBuffer.allocate(10));
      left.awaitCount(10);
    }
    assertThat(reported).isEmpty();
  }

  @Test
  void saysWhatBrokeALink() throws Exception {
    FaultyPosix faulty = new FaultyPosix();
    try (LinkLoop broken =
        LinkLoop.start(faulty.posix(), "broken", (thread, thrown) -> reported.add(thrown))) {
      listen();
      LinkContractTest.Ends ends = connect(broken);
      Probe left = new Probe();
      ends.left().open(left);
      left.awaitCall("present");
      faulty.fail("send", 5, 1);

      assertThatThrownBy(() -> ends.left().write(ByteBuffer.allocate(1)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(path.toString())
          .hasMessageContaining("EIO");
      assertThat(left.awaitClosed()).hasMessageContaining("EIO");
    }
  }

  @Test
  void leavesWaitingConnectionsAloneWhileItHasNoDescriptors() throws Exception {
    FaultyPosix faulty = new FaultyPosix();
    ManualTimers clock = new ManualTimers();
    try (LinkLoop starved =
        LinkLoop.start(faulty.posix(), "starved", (thread, thrown) -> reported.add(thrown))) {
      Accepting handler = new Accepting(accepted);
      UnixListener.listen(starved, clock, path, PeerCheck.ownUserOrRoot(), handler);
      faulty.fail("accept", 24, 1);
      UnixSocket.dialer(loop, path).dial().open(new Probe());
      Runnable resume = clock.next();
      assertThat(faulty.count("accept")).isEqualTo(1);
      assertThat(accepted).isEmpty();
      resume.run();
      assertThat(accepted.poll(20, TimeUnit.SECONDS)).isNotNull();
      assertThat(handler.failed).singleElement().asString().contains("EMFILE");
    }
  }

  @Test
  void errorNumbersAreThoseOfTheCallingThreadsLastCall() throws Exception {
    Posix posix = Posix.libc();
    List<Thread> threads = new ArrayList<>();
    LinkedBlockingQueue<Integer> wrong = new LinkedBlockingQueue<>();
    for (int t = 0; t < 4; t++) {
      int mine = t;
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  int result =
                      mine % 2 == 0
                          ? posix.shutdown(-1)
                          : posix.openPath(new byte[] {'/', 'n', 'o', 'n', 'e'});
                  if (result != (mine % 2 == 0 ? -9 : -2)) {
                    wrong.add(result);
                  }
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
  }
}
