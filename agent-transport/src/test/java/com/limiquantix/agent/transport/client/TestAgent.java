package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** An agent on a unix socket that answers pings with its own name as the version. */
final class TestAgent implements AutoCloseable {
  private final AgentServer server;
  private final UnixListener listener;

  TestAgent(String name, Path socket, LinkLoop loop, Timers timers, Executor executor)
      throws IOException {
    server =
        AgentServer.builder(executor, timers)
            .software(name)
            .addService(
                new AgentServiceGrpc.AgentServiceImplBase() {
                  @Override
                  public void ping(PingRequest request, StreamObserver<PongResponse> answers) {
                    answers.onNext(PongResponse.newBuilder().setVersion(name).build());
                    answers.onCompleted();
                  }
                })
            .build()
            .start();
    listener =
        UnixListener.listen(
            loop,
            timers,
            socket,
            PeerCheck.ownUserOrRoot(),
            new UnixListener.Handler() {
              @Override
              public void onLink(Link link) {
                server.serve(link);
              }

              @Override
              public void onRefused(PeerInfo.Unix peer) {
                throw new AssertionError("refused " + peer.describe());
              }

              @Override
              public void onAcceptFailed(IOException cause) {
                throw new AssertionError(cause);
              }
            });
  }

  int sessions() {
    return server.openSessions();
  }

  @Override
  public void close() {
    listener.close();
    server.shutdownNow();
    try {
      if (!server.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new AssertionError("the agent does not end");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
