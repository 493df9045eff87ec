package com.limiquantix.agent.transport.grpc;

import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentChannelBuilder;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.AgentServerBuilder;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import io.grpc.ConnectivityState;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** Our channel and our server over links of some kind. */
final class AgentPair implements GrpcPair {

  /** Where the links of a pair come from. */
  interface Links extends AutoCloseable {
    /** How the channel dials; fails while nobody listens. */
    LinkDialer dialer();

    /** Lets dialers reach {@code server} from now on. */
    void listen(Consumer<Link> server) throws IOException;

    @Override
    void close() throws IOException;
  }

  private final Links links;
  private final SystemTimers timers = new SystemTimers("test-timers");
  private final AgentChannel channel;
  private final AgentServer server;

  AgentPair(Setup setup, Links links) {
    this.links = links;
    AgentServerBuilder serving =
        AgentServer.builder(setup.serverExecutor(), timers)
            .limits(limits(setup.serverMaxMetadata()));
    setup.services().forEach(serving::addService);
    setup.serverInterceptors().forEach(serving::intercept);
    setup.serverTracers().forEach(serving::addStreamTracerFactory);
    setup.fallback().ifPresent(serving::fallbackHandlerRegistry);
    setup.serverMaxMessage().ifPresent(serving::maxInboundMessageBytes);
    server = serving.build();
    AgentChannelBuilder calling =
        AgentChannel.builder(links.dialer(), setup.clientExecutor(), timers)
            .limits(limits(setup.clientMaxMetadata()));
    setup.clientInterceptors().forEach(calling::intercept);
    setup.clientMaxMessage().ifPresent(calling::maxInboundMessageBytes);
    channel = calling.build();
  }

  private static TransportLimits limits(OptionalInt maxHeaderBytes) {
    TransportLimits usual = TransportLimits.DEFAULT;
    return new TransportLimits(
        usual.maxFramePayloadBytes(),
        maxHeaderBytes.orElse(usual.maxHeaderBytes()),
        usual.initialCallCredit(),
        usual.callWindow(),
        usual.sessionWindow(),
        usual.maxCalls(),
        usual.maxQueuedControlBytes());
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
    links.listen(server::serve);
    channel.resetConnectBackoff();
    ConnectivityState state = channel.getState(true);
    while (state != ConnectivityState.READY) {
      CountDownLatch changed = new CountDownLatch(1);
      channel.notifyWhenStateChanged(state, changed::countDown);
      GrpcSemanticsTest.await(changed, "the channel connects");
      state = channel.getState(true);
    }
  }

  @Override
  public void release() throws IOException {
    links.close();
    timers.close();
  }
}
