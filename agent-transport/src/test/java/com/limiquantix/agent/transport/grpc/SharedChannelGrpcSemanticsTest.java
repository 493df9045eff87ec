package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentChannelBuilder;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.AgentServerBuilder;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.client.ChannelShare;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixSocket;
import io.grpc.ConnectivityState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;

/**
 * Calls through a shared channel: to whoever makes them, and to the server, they are as calls over
 * a link of their own. What concerns a channel and its server alone is not repeated here.
 */
class SharedChannelGrpcSemanticsTest {

  @Nested
  class Calls extends CallsSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return new SharedPair(setup);
    }
  }

  @Nested
  class Deadlines extends DeadlinesSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return new SharedPair(setup);
    }
  }

  @Nested
  class Cancellation extends CancellationSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return new SharedPair(setup);
    }
  }

  @Nested
  class MetadataAndStatus extends MetadataAndStatusSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return new SharedPair(setup);
    }
  }

  @Nested
  class FlowControl extends FlowControlSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return new SharedPair(setup);
    }
  }

  /** A server, the channel to it of a process that shares it, and another process's channel. */
  private static final class SharedPair implements GrpcPair {
    private final Path directory = Files.createTempDirectory("share");
    private final Path socket = directory.resolve("x.shared.sock");
    private final SystemTimers timers = new SystemTimers("test-timers");

    /** The server's end of the link tells of its closing in them when all else has ended. */
    private final ExecutorService threads =
        new ThreadPoolExecutor(
            4,
            4,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new ThreadPoolExecutor.DiscardPolicy());

    private final LinkLoop loop =
        LinkLoop.start(
            "test-loop",
            (thread, thrown) ->
                thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown));
    private final AgentServer server;
    private final AgentChannel holder;
    private final AgentChannel channel;
    private final ChannelShare share;

    SharedPair(Setup setup) throws IOException {
      AgentServerBuilder serving = AgentServer.builder(setup.serverExecutor(), timers);
      setup.services().forEach(serving::addService);
      setup.serverInterceptors().forEach(serving::intercept);
      setup.fallback().ifPresent(serving::fallbackHandlerRegistry);
      setup.serverMaxMessage().ifPresent(serving::maxInboundMessageBytes);
      server = serving.build();
      AgentChannelBuilder holding = AgentChannel.builder(this::dialServer, threads, timers);
      setup.clientMaxMessage().ifPresent(holding::maxInboundMessageBytes);
      holder = holding.build();
      share =
          ChannelShare.open(
              loop,
              timers,
              threads,
              BufferBudget.ofHeap(),
              socket,
              PeerCheck.ownUserOrRoot(),
              holder,
              refused -> {
                throw new AssertionError(refused);
              });
      AgentChannelBuilder calling =
          AgentChannel.builder(UnixSocket.dialer(loop, socket), setup.clientExecutor(), timers);
      setup.clientMaxMessage().ifPresent(calling::maxInboundMessageBytes);
      channel = calling.build();
    }

    private Link dialServer() {
      InProcessLink.Pair pair = InProcessLink.pair("test", threads);
      server.serve(pair.first());
      return pair.second();
    }

    @Override
    public AgentChannel channel() {
      return channel;
    }

    @Override
    public AgentServer server() {
      return server;
    }

    @Override
    public void connect() throws Exception {
      server.start();
      for (AgentChannel each : new AgentChannel[] {holder, channel}) {
        each.resetConnectBackoff();
        ConnectivityState state = each.getState(true);
        while (state != ConnectivityState.READY) {
          CountDownLatch changed = new CountDownLatch(1);
          each.notifyWhenStateChanged(state, changed::countDown);
          GrpcSemanticsTest.await(changed, "the channel connects");
          state = each.getState(true);
        }
      }
    }

    @Override
    public void release() throws Exception {
      share.close();
      assertThat(share.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      holder.shutdownNow();
      assertThat(holder.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      loop.close();
      timers.close();
      threads.shutdown();
      Files.deleteIfExists(socket);
      Files.deleteIfExists(directory);
    }
  }
}
