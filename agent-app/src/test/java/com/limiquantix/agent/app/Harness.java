package com.limiquantix.agent.app;

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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The host's side of a test, closed in reverse order. */
final class Harness implements AutoCloseable {
  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final SystemTimers timers = new SystemTimers("test-time");
  private final Deque<Runnable> closers = new ArrayDeque<>();

  /** A channel to {@code agent} over a new link in this process. */
  AgentChannel inProcess(GuestAgent agent) {
    return channel(
        () -> {
          InProcessLink.Pair pair = InProcessLink.pair("test", executor);
          agent.serve(pair.second());
          return pair.first();
        },
        timers);
  }

  /** A channel over a unix socket. */
  AgentChannel unix(Path socket) throws IOException {
    return unix(socket, timers);
  }

  /** A channel over a unix socket for which every second is a tenth of one. */
  AgentChannel hurriedUnix(Path socket) throws IOException {
    AgentChannel channel = unix(socket, new HurriedTimers(timers));
    return channel;
  }

  private AgentChannel unix(Path socket, Timers time) throws IOException {
    LinkLoop loop =
        LinkLoop.start(
            "test-links",
            (thread, fault) -> thread.getThreadGroup().uncaughtException(thread, fault));
    closers.push(loop::close);
    return channel(UnixSocket.dialer(loop, socket), time);
  }

  private AgentChannel channel(LinkDialer dialer, Timers time) {
    AgentChannel channel = AgentChannel.builder(dialer, executor, time).build();
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
