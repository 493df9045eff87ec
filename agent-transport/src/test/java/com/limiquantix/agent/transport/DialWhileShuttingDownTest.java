package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.LinkDialer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A channel that is shut down while its link is being made. */
@Timeout(30)
class DialWhileShuttingDownTest {
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final SystemTimers timers = new SystemTimers("test-timers");
  private final List<AgentChannel> channels = new ArrayList<>();
  private final List<Boolean> terminatedEarly = new ArrayList<>();

  @AfterEach
  void end() {
    timers.close();
    executor.shutdownNow();
  }

  private AgentChannel dialedBy(LinkDialer dialer) {
    AgentChannel channel = AgentChannel.builder(dialer, executor, timers).build();
    channels.add(channel);
    channel.getState(true);
    return channel;
  }

  private void shutDown() {
    AgentChannel channel = channels.get(0);
    channel.shutdown();
    terminatedEarly.add(channel.isTerminated());
  }

  @Test
  void givenAShutdownWhileDialing_thenTheChannelTerminatesWithTheLink() throws Exception {
    InProcessLink.Pair pair = InProcessLink.pair("test", executor);
    AgentChannel shut =
        dialedBy(
            () -> {
              shutDown();
              return pair.first();
            });

    assertThat(terminatedEarly).containsExactly(false);
    assertThat(shut.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void givenAShutdownWhileDialing_whenThatFails_thenTheChannelTerminates() throws Exception {
    AgentChannel shut =
        dialedBy(
            () -> {
              shutDown();
              throw new IllegalStateException("the loop has ended");
            });

    assertThat(terminatedEarly).containsExactly(false);
    assertThat(shut.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(shut.lastFailure().getDescription()).isNotEmpty();
  }
}
