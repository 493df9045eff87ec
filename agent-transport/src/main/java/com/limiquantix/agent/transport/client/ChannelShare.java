package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import io.grpc.Channel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Lets other processes of this host use a channel to an agent, through a unix socket: QEMU's socket
 * takes one client, and a process that holds it would else shut out all tools. Every method is
 * passed on as it comes, with its metadata, deadline and flow control; the channel's calls of one
 * process end with its connection. Thread-safe.
 */
public final class ChannelShare implements AutoCloseable {
  /** Connections at once. */
  static final int MAX_LINKS = 64;

  private final UnixListener listener;
  private final AgentServer server;

  private ChannelShare(UnixListener listener, AgentServer server) {
    this.listener = listener;
    this.server = server;
  }

  /** What a share is made of. */
  private record Doorkeeper(AgentServer server, Consumer<String> refused)
      implements UnixListener.Handler {
    @Override
    public void onLink(Link link) {
      if (server.links() >= MAX_LINKS) {
        refused.accept(link.peer().describe() + ": " + MAX_LINKS + " processes are connected");
        link.close();
        return;
      }
      server.serve(link);
    }

    @Override
    public void onRefused(PeerInfo.Unix peer) {
      refused.accept(peer.describe() + ": that user may not connect");
    }

    @Override
    public void onAcceptFailed(IOException cause) {
      refused.accept("a connection has to wait: " + cause.getMessage());
    }
  }

  /**
   * Begins to share.
   *
   * @param loop serves the socket; outlives the share, as do timers and executor
   * @param executor runs the callbacks of calls, none of which blocks
   * @param budget what all messages under way may take
   * @param socket where; such as {@link SocketDirectory#sharedPathOf}. Made with mode 0600
   * @param peers who may connect
   * @param channel what calls go to; stays the caller's
   * @param refused hears in one sentence who was not let in; must not block
   * @throws IOException if it cannot listen there; the message says why
   */
  public static ChannelShare open(
      LinkLoop loop,
      Timers timers,
      Executor executor,
      BufferBudget budget,
      Path socket,
      PeerCheck peers,
      Channel channel,
      Consumer<String> refused)
      throws IOException {
    AgentServer server =
        AgentServer.builder(executor, timers)
            .software("shared channel")
            .budget(budget)
            // What is too large for the agent or for the channel is theirs to say.
            .maxInboundMessageBytes(Integer.MAX_VALUE)
            .fallbackHandlerRegistry(new RelayedMethods(channel))
            .build();
    server.start();
    UnixListener listener =
        UnixListener.listen(loop, timers, socket, peers, new Doorkeeper(server, refused));
    return new ChannelShare(listener, server);
  }

  /**
   * Waits until a share that was closed does not use loop, timers and executor any more.
   *
   * @return whether that is so
   */
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return server.awaitTermination(timeout, unit);
  }

  /** Ends the share with all its calls, and removes the socket. Does not wait. */
  @Override
  public void close() {
    listener.close();
    server.shutdownNow();
  }
}
