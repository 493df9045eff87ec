package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.transport.AgentChannel;
import com.limiquantix.agent.transport.Backoff;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.WriteBuffers;
import com.limiquantix.agent.transport.link.LinkDialer;
import io.grpc.ConnectivityState;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Keeps a channel to the agent of each VM of a host: connects, connects again with growing pauses
 * and jitter, and tells how each is doing. All channels share one budget, one set of buffers, and
 * the threads that were passed in; there is no thread per VM.
 *
 * <p>Thread-safe.
 */
public final class AgentSupervisor implements AutoCloseable {

  private static final int KEPT_WRITE_BUFFERS = 4;

  private final Executor executor;
  private final Timers timers;
  private final InstantSource clock;
  private final BufferBudget budget;
  private final Backoff backoff;
  private final WriteBuffers writeBuffers =
      new WriteBuffers(TransportLimits.DEFAULT, KEPT_WRITE_BUFFERS);
  private final Object lock = new Object();
  private final Map<String, Watched> watched = new HashMap<>();
  private final List<Consumer<VmStatus>> listeners = new CopyOnWriteArrayList<>();
  private boolean closed;

  /**
   * @param executor runs the callbacks of calls and the listeners
   * @param timers measures deadlines and pauses; outlives the supervisor, as does the executor
   * @param clock tells when states began
   * @param budget what all messages of all VMs together may take
   * @param backoff pauses between attempts
   */
  public AgentSupervisor(
      Executor executor, Timers timers, InstantSource clock, BufferBudget budget, Backoff backoff) {
    this.executor = executor;
    this.timers = timers;
    this.clock = clock;
    this.budget = budget;
    this.backoff = backoff;
  }

  /**
   * Begins to watch a VM and connects to its agent.
   *
   * @param vmId what it is called from here on
   * @param dialer how its agent is reached
   * @return its channel, which the supervisor keeps connected; it is ended by {@link #forget} alone
   * @throws IllegalStateException if the VM is watched already, or the supervisor is closed
   */
  public AgentChannel watch(String vmId, LinkDialer dialer) {
    Watched added;
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("VM " + vmId + " cannot be watched: closed");
      }
      if (watched.containsKey(vmId)) {
        throw new IllegalStateException("VM " + vmId + " is watched already; forget it first");
      }
      added = new Watched(vmId, dialer);
      watched.put(vmId, added);
    }
    executor.execute(added::follow);
    return added.channel;
  }

  /** The channel of a VM that is watched. */
  public Optional<AgentChannel> channel(String vmId) {
    synchronized (lock) {
      return Optional.ofNullable(watched.get(vmId)).map(vm -> vm.channel);
    }
  }

  /** How a VM that is watched is doing; while it is unreachable, why its last attempt failed. */
  public Optional<VmStatus> status(String vmId) {
    Watched vm;
    synchronized (lock) {
      vm = watched.get(vmId);
    }
    return Optional.ofNullable(vm).map(Watched::status);
  }

  /**
   * Ends the pause between two attempts to connect, for who knows that the agent can be reached.
   *
   * @return false if the VM is not watched
   */
  public boolean connectNow(String vmId) {
    Optional<AgentChannel> channel = channel(vmId);
    channel.ifPresent(AgentChannel::resetConnectBackoff);
    return channel.isPresent();
  }

  /** How all VMs that are watched are doing, by id. */
  public List<VmStatus> statuses() {
    List<Watched> all;
    synchronized (lock) {
      all = List.copyOf(watched.values());
    }
    return all.stream().map(Watched::status).sorted(Comparator.comparing(VmStatus::vmId)).toList();
  }

  /**
   * Adds a listener that is told each new state, for each VM in order, on the executor. A state
   * that lasts less than it takes to tell may be left out. What a listener throws goes to the
   * uncaught exception handler of its thread, and neither other listeners nor later states miss
   * anything by it.
   */
  public void addListener(Consumer<VmStatus> listener) {
    listeners.add(listener);
  }

  /**
   * Ends the channel of a VM; its calls fail with UNAVAILABLE.
   *
   * @return false if the VM was not watched
   */
  public boolean forget(String vmId) {
    Watched removed;
    synchronized (lock) {
      removed = watched.remove(vmId);
    }
    if (removed == null) {
      return false;
    }
    removed.channel.shutdownNow();
    return true;
  }

  /** Forgets all VMs. */
  @Override
  public void close() {
    List<String> all;
    synchronized (lock) {
      closed = true;
      all = List.copyOf(watched.keySet());
    }
    all.forEach(this::forget);
  }

  /** A listener's failure must not end the following of a VM. */
  private static void tell(Consumer<VmStatus> listener, VmStatus status) {
    try {
      listener.accept(status);
    } catch (RuntimeException e) {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
  }

  private final class Watched {
    private final String vmId;
    private final AgentChannel channel;
    private VmStatus status;

    Watched(String vmId, LinkDialer dialer) {
      this.vmId = vmId;
      this.status =
          new VmStatus(vmId, VmStatus.State.CONNECTING, clock.instant(), "not reached yet");
      this.channel =
          AgentChannel.builder(dialer, executor, timers)
              .authority(vmId)
              .budget(budget)
              .writeBuffers(writeBuffers)
              .backoff(backoff)
              .keepConnected(true)
              .build();
    }

    /** Notes the channel's state and comes back when it changes; one round at a time. */
    void follow() {
      ConnectivityState now = channel.getState(false);
      VmStatus.State next =
          switch (now) {
            case READY -> VmStatus.State.READY;
            case IDLE, CONNECTING -> VmStatus.State.CONNECTING;
            case TRANSIENT_FAILURE -> VmStatus.State.UNREACHABLE;
            case SHUTDOWN -> VmStatus.State.FORGOTTEN;
          };
      boolean changed;
      VmStatus told;
      synchronized (lock) {
        changed = next != status.state();
        if (changed) {
          status = new VmStatus(vmId, next, clock.instant(), detail(next));
        }
        told = status;
      }
      if (changed) {
        listeners.forEach(listener -> tell(listener, told));
      }
      if (now != ConnectivityState.SHUTDOWN) {
        channel.notifyWhenStateChanged(now, this::follow);
      }
    }

    /** Attempts go on failing without a new state, and maybe for another reason each time. */
    VmStatus status() {
      VmStatus last;
      synchronized (lock) {
        last = status;
      }
      return last.state() == VmStatus.State.UNREACHABLE
          ? new VmStatus(vmId, last.state(), last.since(), detail(last.state()))
          : last;
    }

    private String detail(VmStatus.State next) {
      return switch (next) {
        case READY -> channel.peerSoftware();
        case FORGOTTEN -> "not watched any more";
        case CONNECTING, UNREACHABLE -> String.valueOf(channel.lastFailure().getDescription());
      };
    }
  }
}
