package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.Vsock;
import com.limiquantix.agent.transport.link.VsockListener;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the VMs of a host apart by their CIDs: takes what a {@link VsockListener} accepted, and
 * keeps for each VM that was registered the one connection that came last. A CID that nobody
 * registered is turned away.
 *
 * <p>An agent connects when it has no connection, so a newer one takes the place of the older one,
 * which is then dead even if the host has not heard of it; calls over that end as with any lost
 * connection. A connection from a port above 1023, as agents of version 1 have it and every user of
 * the VM can, never takes the place of one from below.
 *
 * <p>Thread-safe.
 */
public final class VsockVms implements VsockListener.Handler {
  /** Connections of one VM that follow each other sooner are turned away; agents pause longer. */
  static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Hears of connections that nobody gets. In the thread of the loop; must not block. */
  public interface Listener {
    /**
     * A connection was turned away.
     *
     * @param reason a sentence
     */
    void onRefused(PeerInfo.Vsock peer, String reason);

    /** The system handed a connection over no sooner than later; see {@link VsockListener}. */
    void onAcceptFailed(IOException cause);
  }

  private final Executor loop;
  private final Timers timers;
  private final Listener listener;
  private final Object lock = new Object();
  private final Map<Long, Vm> byCid = new HashMap<>();
  private final Map<String, Vm> byId = new HashMap<>();

  /**
   * @param loop the {@link com.limiquantix.agent.transport.link.LinkLoop} that serves the listener
   * @param timers tells the time
   */
  public VsockVms(Executor loop, Timers timers, Listener listener) {
    this.loop = loop;
    this.timers = timers;
    this.listener = listener;
  }

  /**
   * Lets a VM in. A VM that is registered already moves to its new CID, as after a migration; what
   * was connected from the old one is closed.
   *
   * @param cid 3 to 4294967294
   * @return the links of the VM's agent; the same object for the same VM
   * @throws IllegalArgumentException if no VM can have that CID
   * @throws IllegalStateException if another VM has it
   */
  public ArrivingLinks register(String vmId, long cid) {
    if (cid < Vsock.FIRST_GUEST_CID || cid > Vsock.LAST_CID) {
      throw new IllegalArgumentException(
          "VM " + vmId + ": CID " + cid + " is none of 3 to " + Vsock.LAST_CID);
    }
    return registerAny(vmId, cid);
  }

  /** Takes the CIDs of loopback too, where there is no other VM to test with. */
  ArrivingLinks registerAny(String vmId, long cid) {
    Vm vm;
    List<Link> old = List.of();
    synchronized (lock) {
      Vm owner = byCid.get(cid);
      if (owner != null && !owner.vmId.equals(vmId)) {
        throw new IllegalStateException(
            "VM " + vmId + ": CID " + cid + " is that of VM " + owner.vmId + "; forget it first");
      }
      vm = byId.computeIfAbsent(vmId, Vm::new);
      if (owner == null) {
        byCid.remove(vm.cid);
        vm.cid = cid;
        byCid.put(cid, vm);
        old = vm.takeAll();
      }
    }
    old.forEach(Link::close);
    return vm;
  }

  /**
   * Turns a VM away from now on, and closes what is connected.
   *
   * @return false if it was not registered
   */
  public boolean forget(String vmId) {
    List<Link> old;
    synchronized (lock) {
      Vm vm = byId.remove(vmId);
      if (vm == null) {
        return false;
      }
      byCid.remove(vm.cid);
      old = vm.takeAll();
    }
    old.forEach(Link::close);
    return true;
  }

  @Override
  public void onLink(Link link) {
    PeerInfo.Vsock peer = (PeerInfo.Vsock) link.peer();
    String refusal = "no VM with CID " + peer.cid() + " is registered";
    Vm vm;
    HeldLink held = null;
    List<Link> old = List.of();
    synchronized (lock) {
      vm = byCid.get(peer.cid());
      if (vm != null) {
        refusal = vm.refusal(peer);
        if (refusal == null) {
          old = vm.takeAll();
          held = vm.arrive(link);
        }
      }
    }
    old.forEach(Link::close);
    if (held == null || vm == null) {
      link.close();
      listener.onRefused(peer, String.valueOf(refusal));
      return;
    }
    vm.tasks.forEach(Runnable::run);
  }

  @Override
  public void onRefused(PeerInfo.Vsock peer) {
    listener.onRefused(peer, "a port above 1023 may be anybody's");
  }

  @Override
  public void onAcceptFailed(IOException cause) {
    listener.onAcceptFailed(cause);
  }

  private final class Vm implements ArrivingLinks {
    private final String vmId;
    private final List<Runnable> tasks = new CopyOnWriteArrayList<>();

    // Guarded by the lock.
    private long cid;
    private @Nullable HeldLink last;
    private boolean taken;
    private boolean lastIsPrivileged;
    private boolean everCame;
    private long lastNanos;

    Vm(String vmId) {
      this.vmId = vmId;
    }

    private @Nullable String refusal(PeerInfo.Vsock peer) {
      if (last != null && lastIsPrivileged && !isPrivileged(peer)) {
        return "VM " + vmId + " is connected from a port below 1024 already";
      }
      if (everCame && timers.nanoTime() - lastNanos < LEAST_PAUSE_NANOS) {
        return "VM " + vmId + " connects too often";
      }
      return null;
    }

    private static boolean isPrivileged(PeerInfo.Vsock peer) {
      return peer.port() <= Vsock.LAST_PRIVILEGED_PORT;
    }

    private HeldLink arrive(Link link) {
      HeldLink[] self = new HeldLink[1];
      HeldLink held = new HeldLink(link, loop, () -> ended(self[0]));
      self[0] = held;
      held.hold();
      last = held;
      taken = false;
      lastIsPrivileged = isPrivileged((PeerInfo.Vsock) link.peer());
      everCame = true;
      lastNanos = timers.nanoTime();
      return held;
    }

    private void ended(@Nullable HeldLink which) {
      synchronized (lock) {
        if (last == which) {
          last = null;
        }
      }
    }

    private List<Link> takeAll() {
      List<Link> all = last == null ? List.of() : List.of(last);
      last = null;
      return all;
    }

    @Override
    public boolean hasArrived() {
      synchronized (lock) {
        return last != null && !taken;
      }
    }

    @Override
    public Link dial() throws IOException {
      synchronized (lock) {
        if (last == null || taken) {
          throw new IOException(
              "The agent of VM "
                  + vmId
                  + " has not connected over vsock from CID "
                  + cid
                  + (taken && last != null ? " anew" : "")
                  + "; does it run, and has the VM a vsock device?");
        }
        taken = true;
        return last;
      }
    }

    @Override
    public void onArrival(Runnable task) {
      tasks.add(task);
    }

    @Override
    public String toString() {
      return "vsock of VM " + vmId;
    }
  }
}
