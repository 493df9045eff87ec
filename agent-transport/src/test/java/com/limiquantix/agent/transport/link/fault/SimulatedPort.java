package com.limiquantix.agent.transport.link.fault;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The guest's end of a port in memory that behaves as virtio-serial under QEMU does: it outlives
 * its hosts, a host that comes back fast is not noticed, what the guest had under way when a host
 * left is lost while what it writes next reaches the next host, and what a host sent stays for the
 * guest to read even after that host is gone.
 */
public final class SimulatedPort implements Link {
  /** The port's driver takes no more in one write: 32 KiB. */
  public static final int BYTES_PER_WRITE = 32 * 1024;

  /** The port's driver gives no more in one read: 4 KiB. */
  public static final int BYTES_PER_READ = 4 * 1024;

  private final Object lock = new Object();
  private final PeerInfo.VirtioPort peer;
  private final Executor executor;
  private final Queue toGuest;
  private final Queue toHost;

  private volatile GuestEnd guest;

  // Guarded by the lock.
  private @Nullable HostEnd host;

  /**
   * @param capacity bytes that wait in either direction at most
   */
  public SimulatedPort(String portName, Executor executor, int capacity) {
    this.peer = new PeerInfo.VirtioPort(portName);
    this.executor = executor;
    this.guest = new GuestEnd();
    this.toGuest = new Queue(capacity);
    this.toHost = new Queue(capacity);
  }

  /**
   * A host connects; a connection as it sees it.
   *
   * @throws IllegalStateException if one is attached: a second one would wait unheard
   */
  public Link attach() {
    HostEnd attached;
    synchronized (lock) {
      if (host != null) {
        throw new IllegalStateException("a host is attached already");
      }
      attached = new HostEnd();
      host = attached;
    }
    guest.schedule();
    return attached;
  }

  /**
   * The process that has the port open dies. What it had not read is lost; what hosts send from now
   * on waits for the next process, which opens this link again.
   */
  public void killGuest() {
    GuestEnd before;
    synchronized (lock) {
      before = guest;
      toGuest.clear();
      guest = new GuestEnd();
    }
    before.close(null);
  }

  /** The host that is attached goes, and another comes before the guest could notice. */
  public Link replaceHost() {
    HostEnd before;
    HostEnd attached = new HostEnd();
    synchronized (lock) {
      before = host;
      toHost.clear();
      host = attached;
    }
    if (before != null) {
      before.close();
    }
    guest.schedule();
    return attached;
  }

  @Override
  public void open(LinkListener listener) {
    synchronized (lock) {
      if (host == null) {
        toGuest.clear(); // sent before anybody had the port open, by a host that is gone
      }
    }
    guest.open(listener);
  }

  @Override
  public int write(ByteBuffer src) throws IOException {
    return guest.write(src);
  }

  @Override
  public void requestWritable() {
    guest.requestWritable();
  }

  @Override
  public PeerInfo peer() {
    return peer;
  }

  /** The guest closes the port; a host that is attached is not told. */
  @Override
  public void close() {
    guest.close(null);
  }

  /** Bytes in one direction. Guarded by the lock. */
  private static final class Queue {
    private final byte[] bytes;
    private int size;

    Queue(int capacity) {
      bytes = new byte[capacity];
    }

    int room() {
      return bytes.length - size;
    }

    int put(ByteBuffer src, int limit) {
      int count = Math.min(Math.min(src.remaining(), limit), room());
      src.get(bytes, size, count);
      size += count;
      return count;
    }

    byte[] take(int limit) {
      byte[] taken = Arrays.copyOf(bytes, Math.min(size, limit));
      System.arraycopy(bytes, taken.length, bytes, 0, size - taken.length);
      size -= taken.length;
      return taken;
    }

    boolean isEmpty() {
      return size == 0;
    }

    void clear() {
      size = 0;
    }
  }

  /** What both ends have in common: one callback at a time, chosen when its turn comes. */
  private abstract class End {
    @Nullable LinkListener listener;
    boolean writableWanted;
    boolean closed;
    boolean saidClosed;
    @Nullable Throwable cause;
    private boolean taskDue;

    abstract Queue out();

    abstract boolean writableNow();

    abstract @Nullable Runnable next(LinkListener to);

    void open(LinkListener newListener) {
      synchronized (lock) {
        if (listener != null) {
          throw new IllegalStateException("opened before");
        }
        listener = newListener;
      }
      schedule();
    }

    int write(ByteBuffer src) throws IOException {
      int taken;
      synchronized (lock) {
        if (listener == null) {
          throw new IllegalStateException("not open yet");
        }
        if (closed) {
          throw new IOException("the port is closed");
        }
        taken = writableNow() ? out().put(src, BYTES_PER_WRITE) : 0;
      }
      guest.schedule();
      wakeHost();
      return taken;
    }

    void requestWritable() {
      synchronized (lock) {
        if (listener == null) {
          throw new IllegalStateException("not open yet");
        }
        writableWanted = true;
      }
      schedule();
    }

    void close(@Nullable Throwable why) {
      synchronized (lock) {
        if (closed) {
          return;
        }
        closed = true;
        cause = why;
      }
      schedule();
    }

    void schedule() {
      synchronized (lock) {
        if (taskDue || listener == null || saidClosed) {
          return;
        }
        taskDue = true;
      }
      executor.execute(this::turn);
    }

    private void turn() {
      Runnable callback;
      synchronized (lock) {
        LinkListener to = listener;
        callback = to == null || saidClosed ? null : choose(to);
      }
      try {
        if (callback != null) {
          callback.run();
        }
      } catch (RuntimeException | Error e) {
        close(e);
        throw e;
      } finally {
        synchronized (lock) {
          taskDue = false;
        }
        if (callback != null) {
          schedule();
          guest.schedule();
          wakeHost();
        }
      }
    }

    private @Nullable Runnable choose(LinkListener to) {
      if (closed) {
        saidClosed = true;
        Throwable why = cause;
        return () -> to.onClosed(why);
      }
      Runnable first = next(to);
      if (first != null) {
        return first;
      }
      if (writableWanted && writableNow()) {
        writableWanted = false;
        return to::onWritable;
      }
      return null;
    }
  }

  private void wakeHost() {
    HostEnd now;
    synchronized (lock) {
      now = host;
    }
    if (now != null) {
      now.end.schedule();
    }
  }

  private final class GuestEnd extends End {
    private boolean saidPresent;

    @Override
    Queue out() {
      return toHost;
    }

    @Override
    boolean writableNow() {
      return host != null && toHost.room() > 0;
    }

    @Override
    @Nullable Runnable next(LinkListener to) {
      if (!saidPresent && (host != null || !toGuest.isEmpty())) {
        saidPresent = true;
        return to::onPeerPresent;
      }
      if (!toGuest.isEmpty()) {
        byte[] bytes = toGuest.take(BYTES_PER_READ);
        return () -> to.onBytes(ByteBuffer.wrap(bytes));
      }
      if (saidPresent && host == null) {
        saidPresent = false;
        return to::onPeerAbsent;
      }
      return null;
    }
  }

  private final class HostEnd implements Link {
    private final End end = new Connection();

    private final class Connection extends End {
      private boolean saidConnected;

      @Override
      Queue out() {
        return toGuest;
      }

      @Override
      boolean writableNow() {
        return host == HostEnd.this && toGuest.room() > 0;
      }

      @Override
      @Nullable Runnable next(LinkListener to) {
        if (!saidConnected) {
          saidConnected = true;
          return to::onPeerPresent;
        }
        if (host == HostEnd.this && !toHost.isEmpty()) {
          byte[] bytes = toHost.take(BYTES_PER_WRITE);
          return () -> to.onBytes(ByteBuffer.wrap(bytes));
        }
        return null;
      }
    }

    @Override
    public void open(LinkListener listener) {
      end.open(listener);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
      return end.write(src);
    }

    @Override
    public void requestWritable() {
      end.requestWritable();
    }

    @Override
    public PeerInfo peer() {
      return peer;
    }

    /** The host disconnects: what was under way to it is lost without a word to anybody. */
    @Override
    public void close() {
      synchronized (lock) {
        if (host == this) {
          host = null;
          toHost.clear();
        }
      }
      end.close(null);
      guest.schedule();
    }
  }
}
