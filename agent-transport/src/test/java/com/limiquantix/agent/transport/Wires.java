package com.limiquantix.agent.transport;

import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.fault.FaultLink;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Links of one kind between one host and one agent, with a fault layer at either end. What happens
 * above the layers happens in the thread of the test.
 */
abstract class Wires implements AutoCloseable {
  private final ManualExecutor executor;

  /** The ends of links in the order in which they were made, over ones left out. */
  private final List<FaultLink> hostEnds = new CopyOnWriteArrayList<>();

  private final List<FaultLink> agentEnds = new CopyOnWriteArrayList<>();
  private @Nullable FaultLink hostEnd;
  private volatile @Nullable FaultLink agentEnd;
  private Consumer<FaultLink> faultsOfNextHost = end -> {};
  private Consumer<Link> agent =
      link -> {
        throw new IllegalStateException("no agent is there");
      };

  Wires(ManualExecutor executor) {
    this.executor = executor;
  }

  /** Connects a host. */
  abstract Link connect() throws IOException;

  /** An agent's process begins to serve. */
  abstract void open() throws IOException;

  /** Bytes and endings are under way that did not come out yet. */
  abstract boolean busy();

  /** Another host takes the place of the present one at once, where that goes unseen. */
  void replaceHost() {
    throw new UnsupportedOperationException("a new connection is seen");
  }

  @Override
  public abstract void close();

  /** The host dials. */
  final Link dial() throws IOException {
    FaultLink end = new FaultLink(connect(), executor);
    faultsOfNextHost.accept(end);
    faultsOfNextHost = later -> {};
    hostEnds.add(end);
    hostEnd = end;
    return end;
  }

  /** The agent has this end of a link. From any thread. */
  final void reached(Link real) {
    FaultLink end = new FaultLink(real, executor);
    agentEnd = end;
    executor.execute(() -> agent.accept(end));
    agentEnds.add(end);
  }

  /** From now on {@code server} serves what reaches the agent. */
  final void agentComes(Consumer<Link> server) throws IOException {
    agent = server;
    open();
  }

  /** Faults for the next link that the host dials, from its first byte on. */
  final void onNextHost(Consumer<FaultLink> faults) {
    faultsOfNextHost = faults;
  }

  final FaultLink hostEnd() {
    return Objects.requireNonNull(hostEnd, "no host has dialed");
  }

  final FaultLink agentEnd() {
    return Objects.requireNonNull(agentEnd, "no host was heard of");
  }

  /** Whether the two ends of a connection, by the order in which they were made, owe each other. */
  final boolean anyConnectionBusy() {
    if (agentEnds.size() < hostEnds.size()) {
      return true;
    }
    for (int i = hostEnds.size() - 1; i >= 0; i--) {
      FaultLink host = hostEnds.get(i);
      FaultLink agentsEnd = agentEnds.get(i);
      if (host.carriesTo(agentsEnd)) {
        return true;
      }
      if (host.isOver() && agentsEnd.isOver()) {
        hostEnds.remove(i);
        agentEnds.remove(i);
      }
    }
    return false;
  }
}
