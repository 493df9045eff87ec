package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A channel with a loop and timers of its own, which end with it. */
final class AgentConnection implements GuestConnection {
  private static final long CLOSE_WAIT_MILLIS = 1_000;

  private final LinkLoop loop;
  private final SystemTimers timers;
  private final LinkDialer dialer;
  private final Duration timeout;
  private final AgentChannel channel;
  private volatile @Nullable PeerInfo peer;

  /**
   * @param loop carries the link; owned from here on
   * @param timers owned from here on
   * @param timeout how long {@link #awaitReady} waits
   */
  AgentConnection(LinkLoop loop, SystemTimers timers, LinkDialer dialer, Duration timeout) {
    this.loop = loop;
    this.timers = timers;
    this.dialer = dialer;
    this.timeout = timeout;
    // Callbacks of our calls only pass values on, so that they need no threads of their own.
    this.channel =
        AgentChannel.builder(this::dial, Runnable::run, timers)
            .answerTimeout(timeout)
            .software("qx-guest")
            .build();
  }

  private Link dial() throws IOException {
    Link link = dialer.dial();
    peer = link.peer();
    return link;
  }

  /**
   * Connects and waits for the agent's first answer.
   *
   * @throws StatusException UNAVAILABLE if the attempt failed or the time is over
   */
  void awaitReady() throws StatusException, InterruptedException {
    long end = timers.nanoTime() + timeout.toNanos();
    ConnectivityState state = channel.getState(true);
    while (state == ConnectivityState.CONNECTING) {
      CountDownLatch changed = new CountDownLatch(1);
      channel.notifyWhenStateChanged(state, changed::countDown);
      if (!changed.await(end - timers.nanoTime(), TimeUnit.NANOSECONDS)) {
        throw Status.UNAVAILABLE
            .withDescription(
                "no answer within "
                    + timeout.toMillis()
                    + " ms; the agent may not run, or another process holds the channel")
            .asException();
      }
      state = channel.getState(false);
    }
    if (state != ConnectivityState.READY) {
      throw channel.lastFailure().asException();
    }
  }

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public String describePeer() {
    PeerInfo current = peer;
    return current == null ? "not connected" : current.describe();
  }

  @Override
  public OptionalLong peerProcess() {
    return peer instanceof PeerInfo.Unix unix && unix.pid() > 0
        ? OptionalLong.of(unix.pid())
        : OptionalLong.empty();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(CLOSE_WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loop.close();
    timers.close();
  }
}
