package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.PeerInfo;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InProcessLinkTest extends LinkContractTest {
  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final ExecutorService executor =
      Executors.newFixedThreadPool(
          3,
          task -> {
            Thread thread = new Thread(task);
            thread.setUncaughtExceptionHandler((t, thrown) -> reported.add(thrown));
            return thread;
          });

  @AfterEach
  void stop() {
    executor.shutdownNow();
  }

  @Override
  Ends connect() {
    InProcessLink.Pair pair = InProcessLink.pair("test", executor);
    return new Ends(pair.first(), pair.second());
  }

  @Override
  List<Throwable> reported() {
    return reported;
  }

  @Test
  void holdsExactlyItsCapacity() throws Exception {
    InProcessLink.Pair pair = InProcessLink.pair("small", executor, 1000);
    pair.first().open(probe());

    assertThat(pair.first().write(ByteBuffer.allocate(999))).isEqualTo(999);
    assertThat(pair.first().write(ByteBuffer.allocate(5))).isEqualTo(1);
    assertThat(pair.first().write(ByteBuffer.allocate(5))).isZero();
  }

  @Test
  void saysWhatThePairIsCalled() {
    assertThat(InProcessLink.pair("vm-7", executor).second().peer())
        .isEqualTo(new PeerInfo.InProcess("vm-7"));
  }

  @Test
  void runsEverythingInTheTasksOfAnExecutorThatTestsTurnByHand() throws Exception {
    Queue<Runnable> tasks = new ArrayDeque<>();
    InProcessLink.Pair pair = InProcessLink.pair("by hand", tasks::add);
    Recorder second = new Recorder();
    pair.first().open(new Recorder());
    pair.second().open(second);
    pair.first().write(ByteBuffer.allocate(3));
    pair.first().close();
    assertThat(second.calls).isEmpty();
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }

    assertThat(second.calls).containsExactly("present", "3 bytes", "closed null");
  }
}
