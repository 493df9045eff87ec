package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reaches one agent over vsock while that works and over its virtio-serial port while it doesn't.
 *
 * <p>A preferred link that says nothing within a second, or nothing for longer than any session is
 * silent, is closed, and the next attempt takes the other way; so with an {@link
 * com.limiquantix.agent.transport.AgentChannel} and its pauses the agent is reached again within
 * two seconds. When the agent has connected over vsock anew, the other link is closed at the next
 * quiet moment, or after ten seconds. Calls that are under way at either change fail with
 * UNAVAILABLE, as whenever a link closes; nothing is repeated.
 *
 * <p>Vsock that fails again and again is left alone for a time that grows to a minute, unless there
 * is no other way. Thread-safe; for one channel.
 */
public final class FallbackDialer implements LinkDialer {
  /** An agent that has just connected says something at once. */
  static final long FIRST_BYTES_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Longer than the keepalive of a channel needs to hear from its agent, twice 20 seconds. */
  static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(45);

  /** A link without traffic for so long probably carries no call that waits for its answer. */
  static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A preferred link that lasted so long was a good one. */
  static final long GOOD_NANOS = TimeUnit.MINUTES.toNanos(1);

  static final long FIRST_REST_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long LONGEST_REST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final int LARGEST_SHIFT = 10;

  private final Timers timers;
  private final ArrivingLinks preferred;
  private final LinkDialer other;
  private final AtomicReference<@Nullable Other> inUse = new AtomicReference<>();

  private final Object lock = new Object();
  private int failures;
  private long restUntilNanos;

  /**
   * @param timers measures all times
   * @param preferred what comes over vsock, such as {@link VsockVms#register} returns
   * @param other the way over virtio-serial: the socket of the VM's port
   */
  public FallbackDialer(Timers timers, ArrivingLinks preferred, LinkDialer other) {
    this.timers = timers;
    this.preferred = preferred;
    this.other = other;
    this.restUntilNanos = timers.nanoTime();
    preferred.onArrival(this::arrived);
  }

  private void arrived() {
    Other current = inUse.get();
    if (current != null) {
      current.returnSoon();
    }
  }

  @Override
  public Link dial() throws IOException {
    IOException why = null;
    if (restNanos() == 0) {
      try {
        return new Preferred(preferred.dial());
      } catch (IOException e) {
        why = e;
      }
    }
    try {
      Other made = new Other(other.dial());
      inUse.set(made);
      return made;
    } catch (IOException e) {
      return lastResort(why, e);
    }
  }

  private Link lastResort(@Nullable IOException tried, IOException why) throws IOException {
    IOException first = tried;
    if (first == null) {
      try {
        return new Preferred(preferred.dial());
      } catch (IOException e) {
        first = e;
      }
    }
    IOException both = new IOException(first.getMessage() + "; and: " + why.getMessage(), why);
    both.addSuppressed(first);
    throw both;
  }

  /** How long vsock is still left alone. */
  private long restNanos() {
    synchronized (lock) {
      return Math.max(0, restUntilNanos - timers.nanoTime());
    }
  }

  private void ended(boolean good) {
    synchronized (lock) {
      failures = good ? 0 : failures + 1;
      // Once may happen: an agent was started anew.
      long rest =
          failures <= 1
              ? 0
              : Math.min(
                  FIRST_REST_NANOS << Math.min(failures - 2, LARGEST_SHIFT), LONGEST_REST_NANOS);
      restUntilNanos = timers.nanoTime() + rest;
    }
  }

  /** A link with an eye on its traffic. */
  private abstract class Observed implements Link, LinkListener {
    private final Link link;
    private volatile @Nullable LinkListener user;
    private volatile @Nullable IOException reason;
    private volatile boolean over;
    private final AtomicReference<Timers.@Nullable Timer> timer = new AtomicReference<>();

    final long beganNanos = timers.nanoTime();
    volatile boolean heard;
    volatile long lastArrivalNanos = beganNanos;
    volatile long lastTrafficNanos = beganNanos;

    Observed(Link link) {
      this.link = link;
    }

    void onOpened() {}

    void onEnded() {}

    /** Replaces what was to be done later. */
    final void later(Runnable task, long nanos) {
      cancel(timer.getAndSet(timers.schedule(task, nanos)));
      if (over) {
        cancel(timer.getAndSet(null));
      }
    }

    private static void cancel(Timers.@Nullable Timer old) {
      if (old != null) {
        old.cancel();
      }
    }

    final void closeBecause(String why) {
      reason = new IOException(why);
      link.close();
    }

    final boolean isOver() {
      return over;
    }

    @Override
    public void open(LinkListener listener) {
      user = listener;
      link.open(this);
      onOpened();
    }

    private LinkListener user() {
      LinkListener current = user;
      if (current == null) {
        throw new IllegalStateException("the link is not open");
      }
      return current;
    }

    @Override
    public void onPeerPresent() {
      user().onPeerPresent();
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      long now = timers.nanoTime();
      heard = true;
      lastArrivalNanos = now;
      lastTrafficNanos = now;
      user().onBytes(bytes);
    }

    @Override
    public void onWritable() {
      user().onWritable();
    }

    @Override
    public void onPeerAbsent() {
      user().onPeerAbsent();
    }

    @Override
    public void onClosed(@Nullable Throwable cause) {
      over = true;
      cancel(timer.getAndSet(null));
      onEnded();
      IOException ours = reason;
      user().onClosed(cause == null ? ours : cause);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
      lastTrafficNanos = timers.nanoTime();
      return link.write(src);
    }

    @Override
    public void requestWritable() {
      link.requestWritable();
    }

    @Override
    public PeerInfo peer() {
      return link.peer();
    }

    @Override
    public boolean peerWasThere() {
      return link.peerWasThere();
    }

    @Override
    public void close() {
      link.close();
    }
  }

  private final class Preferred extends Observed {
    Preferred(Link link) {
      super(link);
    }

    @Override
    void onOpened() {
      later(this::check, FIRST_BYTES_NANOS);
    }

    private void check() {
      long silent = timers.nanoTime() - lastArrivalNanos;
      if (!heard) {
        closeBecause(
            peer().describe() + " is connected and says nothing; trying the virtio-serial port");
      } else if (silent >= SILENCE_NANOS) {
        closeBecause(
            peer().describe()
                + " has been silent for "
                + TimeUnit.NANOSECONDS.toSeconds(silent)
                + " s; trying the virtio-serial port");
      } else {
        later(this::check, SILENCE_NANOS - silent);
      }
    }

    @Override
    void onEnded() {
      ended(heard && timers.nanoTime() - beganNanos >= GOOD_NANOS);
    }
  }

  private final class Other extends Observed {
    private volatile long wantedSinceNanos;
    private volatile boolean wanted;

    Other(Link link) {
      super(link);
    }

    @Override
    void onOpened() {
      // It may have come while this one was dialed.
      if (preferred.hasArrived()) {
        returnSoon();
      }
    }

    void returnSoon() {
      if (!wanted) {
        wanted = true;
        wantedSinceNanos = timers.nanoTime();
      }
      later(this::look, Math.max(QUIET_NANOS, restNanos()));
    }

    private void look() {
      if (isOver()) {
        return;
      }
      if (!preferred.hasArrived()) {
        // It has gone again; the next one will be told of.
        wanted = false;
        return;
      }
      long now = timers.nanoTime();
      long rest = restNanos();
      if (rest > 0) {
        later(this::look, rest);
      } else if (now - lastTrafficNanos >= QUIET_NANOS
          || now - wantedSinceNanos >= LONGEST_WAIT_NANOS) {
        closeBecause("the agent is reached over vsock again; the call may be made anew");
      } else {
        later(this::look, QUIET_NANOS);
      }
    }

    @Override
    void onEnded() {
      inUse.compareAndSet(this, null);
    }
  }
}
