package com.limiquantix.agent.app.vm;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.Vsock;
import com.limiquantix.agent.transport.link.VsockCheck;
import com.limiquantix.agent.transport.link.VsockListener;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Plays the host in the guest itself, over loopback: {@code listen PORT} waits for the agent,
 * {@code dial PORT} connects to it, {@code refuse PORT} waits for somebody who must not get in.
 * Prints one line.
 */
final class LoopbackHost {
  private static final long PATIENCE_SECONDS = 30;

  private LoopbackHost() {}

  /** Runs once. */
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[1]);
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try (SystemTimers timers = new SystemTimers("host-timers");
        LinkLoop loop = LinkLoop.start("host-links", (thread, fault) -> fault.printStackTrace())) {
      switch (arguments[0]) {
        case "dial" ->
            System.out.println(
                run(Vsock.dialer(loop, timers, Vsock.LOCAL_CID, port), executor, timers));
        case "listen" -> {
          Arrivals arrivals = new Arrivals();
          long start = System.nanoTime();
          try (VsockListener listener = listen(loop, timers, port, arrivals)) {
            Link link = taken(arrivals.links);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            System.out.println(
                link.peer().describe()
                    + " after "
                    + millis
                    + " ms: "
                    + run(() -> link, executor, timers));
          }
        }
        case "refuse" -> {
          Arrivals arrivals = new Arrivals();
          try (VsockListener listener = listen(loop, timers, port, arrivals)) {
            System.out.println("refused " + taken(arrivals.refused).describe());
          }
        }
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    } catch (IOException e) {
      System.out.println(e.getMessage());
    } finally {
      executor.shutdown();
    }
  }

  private static VsockListener listen(
      LinkLoop loop, SystemTimers timers, int port, Arrivals arrivals) throws IOException {
    return VsockListener.listen(loop, timers, port, VsockCheck.privileged(), arrivals);
  }

  private static <T> T taken(BlockingQueue<T> from) throws InterruptedException {
    T next = from.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new IllegalStateException("nobody came");
    }
    return next;
  }

  private static String run(LinkDialer dialer, ExecutorService executor, SystemTimers timers)
      throws InterruptedException {
    AgentChannel channel = AgentChannel.builder(dialer, executor, timers).build();
    try {
      // A call that waited for a connection would not tell why there is none.
      return ExecServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .execute(
              ExecuteRequest.newBuilder()
                  .setCommand("echo the agent runs as $(id -un)")
                  .setWaitForExit(true)
                  .build())
          .getStdout()
          .strip();
    } catch (StatusRuntimeException e) {
      return String.valueOf(e.getStatus().getDescription());
    } finally {
      channel.shutdownNow();
      channel.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static final class Arrivals implements VsockListener.Handler {
    final BlockingQueue<Link> links = new LinkedBlockingQueue<>();
    final BlockingQueue<PeerInfo.Vsock> refused = new LinkedBlockingQueue<>();

    @Override
    public void onLink(Link link) {
      links.add(link);
    }

    @Override
    public void onRefused(PeerInfo.Vsock peer) {
      refused.add(peer);
    }

    @Override
    public void onAcceptFailed(IOException cause) {
      System.out.println(cause.getMessage());
    }
  }
}
