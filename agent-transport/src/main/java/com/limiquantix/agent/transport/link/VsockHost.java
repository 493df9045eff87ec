package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Backoff;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connection from a VM to its host over vsock, one at a time: makes it, and again when it
 * has closed, from a port below 1024, which the host insists on. A host that is away is tried again
 * after a pause that grows to little more than a second, and a VM without a vsock device after
 * five; neither costs noticeable time.
 *
 * <p>Only the device of a VM leads to its host. Without one the kernel takes CID 2 for the system
 * itself if vsock loopback is loaded, and on some ports any user may listen there; so nothing is
 * dialed then. Linux.
 */
public final class VsockHost implements AutoCloseable {
  static final Backoff AWAY = new Backoff(Duration.ofMillis(200), 1.6, Duration.ofMillis(1_300));

  static final long NO_DEVICE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** A connection that lasted so long was a good one. */
  static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Hears of connections. Called in the thread of the loop, one call after the other. */
  public interface Handler {
    /**
     * The host is there. Its link is not open yet; the handler opens it or closes it, now or later.
     * If this throws, the link is closed.
     */
    void onLink(Link link);

    /** The host is there again. Not called for a host that has turned the VM away before. */
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
  private final Vsock.SourcePorts sources;
  private final Handler handler;
  private final Attempts attempts;

  // Of the loop's thread only.
  private @Nullable String told;

  /** The error that {@link #told} is about, if it is about one. */
  private int toldErrno;

  private int failures;

  private VsockHost(
      LinkLoop loop, Timers timers, long cid, long port, RandomGenerator random, Handler handler) {
    this.loop = loop;
    this.timers = timers;
    this.cid = cid;
    this.port = port;
    this.random = random;
    this.sources = new Vsock.SourcePorts(timers);
    this.handler = handler;
    this.attempts = new Attempts(loop, timers, this::attempt);
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
    host.attempts.ask();
    return host;
  }

  /** Ends the attempts. A link that was handed over stays open. Any thread, any number of times. */
  @Override
  public void close() {
    attempts.close();
  }

  private void attempt() {
    if (cid != Vsock.LOCAL_CID) {
      try {
        Vsock.requireGuest(loop.posix());
      } catch (IOException e) {
        tell(String.valueOf(e.getMessage()));
        attempts.after(NO_DEVICE_NANOS);
        return;
      }
    }
    Attempt made;
    try {
      made = new Attempt(Vsock.begin(loop.posix(), sources, cid, port));
    } catch (IOException e) {
      failed(String.valueOf(e.getMessage()));
      return;
    }
    made.begin();
  }

  private void failed(String reason) {
    tell(reason);
    attempts.after(AWAY.delayNanos(failures++, random));
  }

  private void failed(int errno) {
    if (errno == toldErrno) {
      // As before, and as it will be for hours perhaps: nothing to be put into words.
      attempts.after(AWAY.delayNanos(failures++, random));
      return;
    }
    failed(String.valueOf(Vsock.failed(errno, cid, port).getMessage()));
    toldErrno = errno;
  }

  private void tell(String reason) {
    toldErrno = 0;
    if (!reason.equals(told)) {
      told = reason;
      handler.onUnavailable(reason);
    }
  }

  /**
   * A connection that is being made. The kernel gives up after two seconds by itself
   * (VSOCK_DEFAULT_CONNECT_TIMEOUT of its net/vmw_vsock/af_vsock.c). Most end in nothing, so they
   * take as little as possible.
   */
  private final class Attempt extends Watched {
    Attempt(Fd fd) {
      super(fd);
    }

    void begin() {
      try {
        loop.adopt(this);
        loop.watch(this, Posix.EPOLLOUT);
      } catch (IOException e) {
        end();
        failed(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public String toString() {
      return Vsock.name(cid, port);
    }

    @Override
    void onReady(int events) {
      if (attempts.isClosed()) {
        end();
        return;
      }
      int error = loop.posix().socketError(fd.number());
      if (error != 0) {
        end();
        failed(Math.abs(error));
        return;
      }
      loop.unwatch(this);
      loop.forget(this);
      connected(fd);
    }

    private void end() {
      loop.unwatch(this);
      fd.close();
      loop.forget(this);
    }

    @Override
    void onLoopClosing() {
      fd.close();
    }
  }

  private void connected(Fd fd) {
    long since = timers.nanoTime();
    VsockLink link =
        new VsockLink(
            loop, fd, new PeerInfo.Vsock(cid, port), true, cause -> finished(since, cause));
    try {
      loop.adopt(link);
    } catch (IOException e) {
      fd.close();
      return;
    }
    try {
      handler.onLink(link);
    } catch (Throwable t) {
      link.close();
      loop.report(t);
    }
    if (!closedAtOnce().equals(told)) {
      // Who is turned away again and again is not told so again and again.
      told = null;
      toldErrno = 0;
      handler.onConnected();
    }
  }

  private void finished(long since, @Nullable Throwable cause) {
    if (attempts.isClosed()) {
      return;
    }
    boolean good = timers.nanoTime() - since >= GOOD_NANOS;
    if (good) {
      failures = 0;
    }
    if (cause != null) {
      failed(String.valueOf(cause.getMessage()));
    } else {
      failed(good ? Vsock.name(cid, port) + " was closed; connecting again" : closedAtOnce());
    }
  }

  private String closedAtOnce() {
    return Vsock.name(cid, port)
        + " was closed at once: the host does not know this VM's CID, or serves it already";
  }
}
