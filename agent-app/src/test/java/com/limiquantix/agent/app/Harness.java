package com.limiquantix.agent.app;

import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The host's side of a test, closed in reverse order. */
final class Harness implements AutoCloseable {
  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final SystemTimers timers = new SystemTimers("test-time");
  private final Deque<Runnable> closers = new ArrayDeque<>();
  private @Nullable LinkLoop loop;

  /** A channel to {@code agent} over a new link in this process. */
  AgentChannel inProcess(GuestAgent agent) {
    AgentChannel channel =
        channel(
            () -> {
              InProcessLink.Pair pair = InProcessLink.pair("test", executor);
              agent.serve(pair.second());
              return pair.first();
            });
    closers.push(channel::shutdownNow);
    return channel;
  }

  /** A channel over a unix socket. */
  AgentChannel unix(Path socket) throws IOException {
    AgentChannel channel = newUnix(socket);
    closers.push(channel::shutdownNow);
    return channel;
  }

  /** A channel over a unix socket that the caller shuts down himself. */
  AgentChannel newUnix(Path socket) throws IOException {
    LinkLoop shared = loop;
    if (shared == null) {
      shared =
          LinkLoop.start(
              "test-links",
              (thread, fault) -> thread.getThreadGroup().uncaughtException(thread, fault));
      closers.addLast(shared::close);
      loop = shared;
    }
    return channel(UnixSocket.dialer(shared, socket));
  }

  private AgentChannel channel(LinkDialer dialer) {
    return AgentChannel.builder(dialer, executor, timers).build();
  }

  @Override
  public void close() {
    closers.forEach(Runnable::run);
    timers.close();
    executor.shutdown();
  }
}
