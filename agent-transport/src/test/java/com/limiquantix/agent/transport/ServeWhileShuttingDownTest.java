package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.link.InProcessLink;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host that connects in the moment in which the server is shut down. */
@Timeout(60)
class ServeWhileShuttingDownTest {
  private static final int ATTEMPTS = 20_000;

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final SystemTimers timers = new SystemTimers("test-timers");

  @AfterEach
  void end() {
    timers.close();
    executor.shutdownNow();
  }

  @Test
  void givenALinkThatComesAsTheServerIsShutDown_thenItTerminatesAllTheSame() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    for (int i = 0; i < ATTEMPTS; i++) {
      AgentServer server = AgentServer.builder(executor, timers).build().start();
      InProcessLink.Pair pair = InProcessLink.pair("test", executor);
      Future<?> serving =
          executor.submit(
              () -> {
                begun.incrementAndGet();
                server.serve(pair.second());
                return null;
              });
      while (begun.get() <= i) {
        Thread.onSpinWait();
      }
      for (int wait = i % 400; wait > 0; wait--) {
        Thread.onSpinWait();
      }
      server.shutdown();
      serving.get();

      assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).as("attempt %d", i).isTrue();
    }
  }
}
