package com.limiquantix.agent.transport.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.Vsock;
import com.limiquantix.agent.transport.link.VsockCheck;
import com.limiquantix.agent.transport.link.VsockHost;
import com.limiquantix.agent.transport.link.VsockListener;
import com.limiquantix.agent.transport.link.VsockOverUnix;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An agent that dials its host's port of version 1, where one end speaks nothing newer. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class Version1OverVsockTest {
  private static final long CID = 3;

  @TempDir private Path directory;

  private final ExecutorService executor = Executors.newFixedThreadPool(4);
  private final SystemTimers timers = new SystemTimers("test-timers");
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private LinkLoop loop;

  /** Which end is old; the other one speaks both versions. */
  enum Old {
    HOST,
    AGENT
  }

  @BeforeEach
  void start() throws IOException {
    loop =
        new VsockOverUnix(directory)
            .startLoop("test-loop", (thread, thrown) -> told.add(thrown.toString()));
  }

  @AfterEach
  void end() {
    loop.close();
    timers.close();
    executor.shutdown();
  }

  @ParameterizedTest
  @EnumSource
  void givenAnOldEnd_thenItIsServedByTheSameStubs(Old old) throws IOException {
    AgentServer agent =
        AgentServer.builder(executor, timers)
            .protocols(spokenBy(old == Old.AGENT))
            .addService(new Echo())
            .intercept(new ProtocolOfCall())
            .build()
            .start();
    VsockVms vms = new VsockVms(loop, timers, new Unexpected());
    ArrivingLinks arriving = vms.register("vm-1", CID);
    AgentChannel channel =
        AgentChannel.builder(arriving, executor, timers)
            .protocols(spokenBy(old == Old.HOST))
            .build();
    arriving.onArrival(channel::resetConnectBackoff);
    try (VsockListener listener =
            VsockListener.listen(loop, timers, Vsock.V1_PORT, VsockCheck.anyPort(), vms);
        VsockHost host =
            VsockHost.dial(
                loop,
                timers,
                Vsock.HOST_CID,
                Vsock.V1_PORT,
                new SplittableRandom(1),
                new Served(agent))) {
      PongResponse pong =
          AgentServiceGrpc.newBlockingStub(channel)
              .withWaitForReady()
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .ping(PingRequest.newBuilder().setSequence(7).build());

      assertThat(pong.getSequence()).isEqualTo(7);
      assertThat(pong.getVersion()).isEqualTo("V1 from vsock cid=2");
    } finally {
      channel.shutdownNow();
      agent.shutdownNow();
    }
    assertThat(told).containsExactly("connected");
  }

  private static Set<ProtocolVersion> spokenBy(boolean old) {
    return old ? EnumSet.of(ProtocolVersion.V1) : EnumSet.allOf(ProtocolVersion.class);
  }

  private static final Context.Key<String> CALLER = Context.key("caller");

  /** Tells handlers by which protocol they were asked, and by whom. */
  private static final class ProtocolOfCall implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      PeerInfo peer = call.getAttributes().get(PeerInfo.KEY);
      String cid = peer instanceof PeerInfo.Vsock vsock ? "vsock cid=" + vsock.cid() : "" + peer;
      String caller = call.getAttributes().get(ProtocolVersion.KEY) + " from " + cid;
      return Contexts.interceptCall(
          Context.current().withValue(CALLER, caller), call, headers, next);
    }
  }

  private static final class Echo extends AgentServiceGrpc.AgentServiceImplBase {
    @Override
    public void ping(PingRequest request, StreamObserver<PongResponse> answers) {
      answers.onNext(
          PongResponse.newBuilder()
              .setSequence(request.getSequence())
              .setVersion(CALLER.get())
              .build());
      answers.onCompleted();
    }
  }

  private final class Served implements VsockHost.Handler {
    private final AgentServer agent;

    Served(AgentServer agent) {
      this.agent = agent;
    }

    @Override
    public void onLink(Link link) {
      agent.serve(link);
    }

    @Override
    public void onConnected() {
      told.add("connected");
    }

    @Override
    public void onUnavailable(String reason) {
      told.add(reason);
    }
  }

  private final class Unexpected implements VsockVms.Listener {
    @Override
    public void onRefused(PeerInfo.Vsock peer, String reason) {
      told.add(reason);
    }

    @Override
    public void onAcceptFailed(IOException cause) {
      told.add(cause.toString());
    }
  }
}
