package com.limiquantix.agent.transport.grpc;

import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Our channel and server within one process. */
class InProcessLinkGrpcSemanticsTest extends EverySuite {

  @Override
  GrpcPair pair(Setup setup) {
    return new AgentPair(setup, new InProcess());
  }

  private static final class InProcess implements AgentPair.Links {
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private volatile @Nullable Consumer<Link> server;

    @Override
    public LinkDialer dialer() {
      return () -> {
        Consumer<Link> listening = server;
        if (listening == null) {
          throw new IOException("nobody listens");
        }
        InProcessLink.Pair pair = InProcessLink.pair("test", threads);
        listening.accept(pair.first());
        return pair.second();
      };
    }

    @Override
    public void listen(Consumer<Link> newServer) {
      server = newServer;
    }

    @Override
    public void close() {
      threads.shutdown();
    }
  }
}
