package com.limiquantix.agent.app;

import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.Backoff;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.client.AgentSupervisor;
import com.limiquantix.agent.transport.client.ChannelShare;
import com.limiquantix.agent.transport.client.SocketDirectory;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A program that holds a VM's channel as a node's daemon does, with the host library alone. It
 * prints the channel's states, shares it if it is told to, and ends with its standard input.
 */
public final class HoldingDaemon {
  private HoldingDaemon() {}

  /**
   * Runs the program.
   *
   * @param args the directory of the sockets, the VM, and {@code share} or {@code keep}
   */
  public static void main(String[] args) throws Exception {
    SocketDirectory sockets = new SocketDirectory(Path.of(args[0]));
    String vm = args[1];
    ExecutorService workers = Executors.newFixedThreadPool(2);
    try (LinkLoop loop =
            LinkLoop.start(
                "vm-links", (thread, thrown) -> System.out.println("in a link: " + thrown));
        SystemTimers timers = new SystemTimers("vm-timers");
        AgentSupervisor vms =
            new AgentSupervisor(
                workers, timers, Clock.systemUTC(), BufferBudget.ofHeap(), Backoff.DEFAULT)) {
      vms.addListener(status -> System.out.println(status.vmId() + " is " + status.state()));
      AgentChannel channel = vms.watch(vm, UnixSocket.dialer(loop, sockets.find(vm)));
      if (args[2].equals("share")) {
        share(loop, timers, workers, sockets.sharedPathOf(vm), channel);
      } else {
        awaitEndOfInput();
      }
    } finally {
      workers.shutdownNow();
    }
  }

  private static void share(
      LinkLoop loop, SystemTimers timers, ExecutorService workers, Path path, AgentChannel channel)
      throws IOException {
    try (ChannelShare share =
        ChannelShare.open(
            loop,
            timers,
            workers,
            BufferBudget.ofHeap(),
            path,
            PeerCheck.ownUserOrRoot(),
            channel,
            refused -> System.out.println("not let in: " + refused))) {
      System.out.println("shared by " + share.getClass().getSimpleName());
      awaitEndOfInput();
    }
  }

  private static void awaitEndOfInput() throws IOException {
    while (System.in.read() >= 0) {
      // Nobody has anything to say to it.
    }
  }
}
