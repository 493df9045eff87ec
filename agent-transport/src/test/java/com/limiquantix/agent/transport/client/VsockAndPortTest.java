package com.limiquantix.agent.transport.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.Backoff;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.UnixSocket;
import com.limiquantix.agent.transport.link.Vsock;
import com.limiquantix.agent.transport.link.VsockCheck;
import com.limiquantix.agent.transport.link.VsockHost;
import com.limiquantix.agent.transport.link.VsockListener;
import com.limiquantix.agent.transport.link.VsockLoopback;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host that prefers the kernel's vsock to a socket that stands for a VM's port. Both ends are in
 * this process; needs loopback and root.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class VsockAndPortTest {
  private static final int PORT = 952;
  private static final long MOST_MILLIS = 2_000;

  @TempDir private Path directory;

  private final BlockingQueue<String> refused = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private ExecutorService executor;
  private SystemTimers timers;
  private LinkLoop loop;
  private AgentServer overVsock;
  private TestAgent overPort;
  private VsockVms vms;
  private VsockListener listener;
  private VsockHost agent;
  private AgentSupervisor supervisor;
  private AgentChannel channel;

  @BeforeEach
  void start() throws IOException {
    VsockLoopback.require();
    executor = Executors.newFixedThreadPool(4);
    timers = new SystemTimers("test-timers");
    loop = LinkLoop.start("test-loop", (thread, thrown) -> told.add(thrown.toString()));
    overPort = new TestAgent("port", directory.resolve("agent.sock"), loop, timers, executor);
    overVsock =
        AgentServer.builder(executor, timers)
            .addService(
                new AgentServiceGrpc.AgentServiceImplBase() {
                  @Override
                  public void ping(PingRequest request, StreamObserver<PongResponse> answers) {
                    answers.onNext(PongResponse.newBuilder().setVersion("vsock").build());
                    answers.onCompleted();
                  }
                })
            .build()
            .start();
    vms =
        new VsockVms(
            loop,
            timers,
            new VsockVms.Listener() {
              @Override
              public void onRefused(PeerInfo.Vsock peer, String reason) {
                refused.add(reason);
              }

              @Override
              public void onAcceptFailed(IOException cause) {
                told.add(cause.toString());
              }
            });
    supervisor =
        new AgentSupervisor(
            executor, timers, InstantSource.system(), new BufferBudget(16 << 20), Backoff.DEFAULT);
    ArrivingLinks arriving = vms.registerAny("vm-1", Vsock.LOCAL_CID);
    arriving.onArrival(() -> supervisor.connectNow("vm-1"));
    channel =
        supervisor.watch(
            "vm-1",
            new FallbackDialer(
                timers, arriving, UnixSocket.dialer(loop, directory.resolve("agent.sock"))));
    listen();
    agent =
        VsockHost.dial(
            loop,
            timers,
            Vsock.LOCAL_CID,
            PORT,
            new SplittableRandom(1),
            new VsockHost.Handler() {
              @Override
              public void onLink(Link link) {
                overVsock.serve(link);
              }

              @Override
              public void onConnected() {
                told.add("connected");
              }

              @Override
              public void onUnavailable(String reason) {
                told.add(reason);
              }
            });
  }

  private void listen() throws IOException {
    listener = VsockListener.listen(loop, timers, PORT, VsockCheck.privileged(), vms);
  }

  @AfterEach
  void stop() {
    if (agent == null) {
      return;
    }
    agent.close();
    supervisor.close();
    listener.close();
    overPort.close();
    overVsock.shutdownNow();
    loop.close();
    timers.close();
    executor.shutdown();
  }

  private String ping() {
    return AgentServiceGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .ping(PingRequest.getDefaultInstance())
        .getVersion();
  }

  /** Pings until one is answered that way; how many milliseconds that took. */
  private long millisUntil(String way) {
    long start = System.nanoTime();
    while (true) {
      try {
        if (ping().equals(way)) {
          return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        }
        // A quiet moment is what the return waits for.
        boolean never = new CountDownLatch(1).await(400, TimeUnit.MILLISECONDS);
        assertThat(never).isFalse();
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void givenVsockThatComesAndGoes_thenThePortTakesOverWithinTwoSeconds_andGivesBack()
      throws Exception {
    millisUntil("vsock");
    for (int i = 0; i < 5; i++) {
      listener.close();
      // Registering anew at another CID closes what was connected.
      vms.registerAny("vm-1", 77);
      long away = millisUntil("port");
      vms.registerAny("vm-1", Vsock.LOCAL_CID);
      listen();
      long back = millisUntil("vsock");
      System.out.printf("round %d: port after %d ms, vsock after %d ms%n", i, away, back);
      assertThat(away).isLessThan(MOST_MILLIS);
    }
    assertThat(refused).isEmpty();
  }

  @Test
  void givenCidThatNobodyRegistered_thenItsAgentIsTurnedAway_andThePortServes() throws Exception {
    vms.forget("vm-1");

    assertThat(refused.poll(10, TimeUnit.SECONDS)).isEqualTo("no VM with CID 1 is registered");
    assertThat(ping()).isEqualTo("port");
    assertThatThrownBy(() -> vms.register("vm-1", Vsock.LOCAL_CID))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
