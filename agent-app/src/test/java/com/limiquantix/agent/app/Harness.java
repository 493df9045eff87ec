package com.limiquantix.agent.app;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The host's side of a test, closed in reverse order. */
public final class Harness implements AutoCloseable {
  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final SystemTimers timers = new SystemTimers("test-time");
  private final Deque<Runnable> closers = new ArrayDeque<>();
  private @Nullable LinkLoop loop;

  /** A channel to {@code agent} over a new link in this process. */
  public AgentChannel inProcess(GuestAgent agent) {
    return closed(
        channel(
            () -> {
              InProcessLink.Pair pair = InProcessLink.pair("test", executor);
              agent.serve(pair.second());
              return pair.first();
            },
            timers));
  }

  /** A channel over a unix socket. */
  public AgentChannel unix(Path socket) throws IOException {
    return closed(newUnix(socket));
  }

  /** A channel over a unix socket that the caller shuts down himself. */
  public AgentChannel newUnix(Path socket) throws IOException {
    return channel(UnixSocket.dialer(loop(), socket), timers);
  }

  /** A channel over a unix socket for which time goes ten times as fast. */
  AgentChannel hurriedUnix(Path socket) throws IOException {
    return closed(channel(UnixSocket.dialer(loop(), socket), new HurriedTimers(timers, 10)));
  }

  /** A channel that speaks version 2 alone and for which time goes a hundred times as fast. */
  AgentChannel hurriedVersion2(Path socket) throws IOException {
    LinkDialer dialer = UnixSocket.dialer(loop(), socket);
    return closed(
        AgentChannel.builder(dialer, executor, new HurriedTimers(timers, 100))
            .protocols(EnumSet.of(ProtocolVersion.V2))
            .build());
  }

  private LinkLoop loop() throws IOException {
    LinkLoop shared = loop;
    if (shared == null) {
      shared =
          LinkLoop.start(
              "test-links",
              (thread, fault) -> thread.getThreadGroup().uncaughtException(thread, fault));
      closers.addLast(shared::close);
      loop = shared;
    }
    return shared;
  }

  private AgentChannel channel(LinkDialer dialer, Timers time) {
    return AgentChannel.builder(dialer, executor, time).build();
  }

  private AgentChannel closed(AgentChannel channel) {
    closers.push(channel::shutdownNow);
    return channel;
  }

  @Override
  public void close() {
    closers.forEach(Runnable::run);
    timers.close();
    executor.shutdown();
  }
}
