package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.Backoff;
import com.limiquantix.agent.transport.Timers;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connection from a VM to its host over vsock, one at a time: makes it, and again when it
 * has closed, from a port below 1024, which the host insists on. A host that is away is tried again
 * after a pause that grows to one and a half seconds, and a VM without a vsock device after five;
 * neither costs noticeable time.
 *
 * <p>Only the device of a VM leads to its host. Without one the kernel takes CID 2 for the system
 * itself if vsock loopback is loaded, and on some ports any user may listen there; so nothing is
 * dialed then. Linux.
 */
public final class VsockHost implements AutoCloseable {
  static final Backoff AWAY = new Backoff(Duration.ofMillis(200), 1.6, Duration.ofMillis(1_500));

  static final long NO_DEVICE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** A connection that lasted so long was a good one. */
  static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Hears of connections. Called in the thread of the loop, one call after the other. */
  public interface Handler {
    /**
     * A connection is being made. Its link is not open yet; the handler opens it or closes it, now
     * or later, and the listener hears if and when the host is there. If this throws, the link is
     * closed.
     */
    void onLink(Link link);

    /** The host is there. */
    void onConnected();

    /**
     * There is no connection to the host, or no longer. Attempts go on; this is called again when
     * the reason has changed.
     *
     * @param reason a sentence that names the address and says what to do
     */
    void onUnavailable(String reason);
  }

  private final LinkLoop loop;
  private final Timers timers;
  private final long cid;
  private final long port;
  private final RandomGenerator random;
  private final Handler handler;
  private final Runnable askForAttempt = this::askForAttempt;
  private final Runnable attempt = this::attempt;
  private final AtomicBoolean closed = new AtomicBoolean();

  // Of the loop's thread only.
  private @Nullable String told;
  private int failures;
  private Timers.@Nullable Timer next;

  private VsockHost(
      LinkLoop loop, Timers timers, long cid, long port, RandomGenerator random, Handler handler) {
    this.loop = loop;
    this.timers = timers;
    this.cid = cid;
    this.port = port;
    this.random = random;
    this.handler = handler;
  }

  /**
   * Begins.
   *
   * @param loop serves the links
   * @param timers measures the pauses
   * @param cid {@link Vsock#HOST_CID}; {@link Vsock#LOCAL_CID} for trials over loopback, 3 or more
   *     for hosts that are VMs themselves
   * @param port of the host, 1 to 4294967294
   * @param random makes the pauses differ from VM to VM
   */
  public static VsockHost dial(
      LinkLoop loop, Timers timers, long cid, long port, RandomGenerator random, Handler handler) {
    Vsock.requireCid(cid);
    Vsock.requirePort(port);
    VsockHost host = new VsockHost(loop, timers, cid, port, random, handler);
    host.askForAttempt();
    return host;
  }

  private void askForAttempt() {
    loop.offer(attempt);
  }

  /** Ends the attempts. A link that was handed over stays open. Any thread, any number of times. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      loop.offer(this::cancelNext);
    }
  }

  private void cancelNext() {
    if (next != null) {
      next.cancel();
      next = null;
    }
  }

  private void attempt() {
    cancelNext();
    if (closed.get()) {
      return;
    }
    if (cid != Vsock.LOCAL_CID) {
      try {
        Vsock.requireGuest(loop.posix());
      } catch (IOException e) {
        tell(String.valueOf(e.getMessage()));
        attemptAfter(NO_DEVICE_NANOS);
        return;
      }
    }
    VsockLink link;
    try {
      link = Vsock.connect(loop, timers, cid, port, new Connection());
    } catch (IOException e) {
      tell(String.valueOf(e.getMessage()));
      attemptAfter(AWAY.delayNanos(failures++, random));
      return;
    }
    try {
      handler.onLink(link);
    } catch (Throwable t) {
      link.close();
      loop.report(t);
    }
  }

  private void attemptAfter(long nanos) {
    cancelNext();
    next = timers.schedule(askForAttempt, nanos);
  }

  private void tell(String reason) {
    if (!reason.equals(told)) {
      told = reason;
      handler.onUnavailable(reason);
    }
  }

  private final class Connection implements VsockLink.Watcher {
    private boolean connected;
    private long since;

    @Override
    public void onConnected() {
      connected = true;
      since = timers.nanoTime();
      if (told == null || !told.equals(closedAtOnce())) {
        // Who is turned away again and again is not told so again and again.
        told = null;
        handler.onConnected();
      }
    }

    @Override
    public void onFinished(@Nullable Throwable cause) {
      if (closed.get()) {
        return;
      }
      boolean good = connected && timers.nanoTime() - since >= GOOD_NANOS;
      if (good) {
        failures = 0;
      }
      tell(
          good ? lost(cause) : cause == null ? closedAtOnce() : String.valueOf(cause.getMessage()));
      attemptAfter(AWAY.delayNanos(failures++, random));
    }

    private String lost(@Nullable Throwable cause) {
      return cause == null
          ? Vsock.name(cid, port) + " was closed; connecting again"
          : String.valueOf(cause.getMessage());
    }

    private String closedAtOnce() {
      return Vsock.name(cid, port)
          + " was closed at once: the host does not know this VM's CID, or serves it already";
    }
  }
}
