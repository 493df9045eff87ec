package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection between two users in the same process. What is written at one end waits
 * in a bounded buffer until the executor delivers it at the other.
 */
public final class InProcessLink implements Link {
  /** Bytes that fit into either direction unless said otherwise. */
  public static final int DEFAULT_CAPACITY_BYTES = 64 * 1024;

  private static final int FIRST_BUFFER_BYTES = 256;

  /**
   * The two ends.
   *
   * @param first one end; by custom the host's
   * @param second the other; by custom the agent's
   */
  public record Pair(InProcessLink first, InProcessLink second) {}

  private final Object lock;
  private final String name;
  private final PeerInfo.InProcess peerInfo;
  private final Executor executor;
  private final int capacity;

  // All below is guarded by the lock that both ends share.
  private @Nullable InProcessLink other;
  private @Nullable LinkListener listener;
  private boolean taskDue;
  private boolean presentDue;
  private boolean writableWanted;
  private boolean closed;
  private boolean saidClosed;
  private @Nullable Throwable cause;

  /** What came in and waits, position 0; the next delivery swaps it with {@link #spare}. */
  private ByteBuffer incoming = ByteBuffer.allocate(FIRST_BUFFER_BYTES);

  private ByteBuffer spare = ByteBuffer.allocate(FIRST_BUFFER_BYTES);

  /** Bytes in a delivery that runs; they still count against the capacity. */
  private int delivering;

  private InProcessLink(Object lock, String name, Executor executor, int capacity) {
    this.lock = lock;
    this.name = name;
    this.peerInfo = new PeerInfo.InProcess(name);
    this.executor = executor;
    this.capacity = capacity;
  }

  /**
   * Makes a pair that holds {@link #DEFAULT_CAPACITY_BYTES} in either direction.
   *
   * @param name for {@link PeerInfo.InProcess} and errors
   * @param executor runs the callbacks, each end's one after the other. It must not run a task
   *     within {@code execute} itself and must take tasks as long as one end is not closed; what it
   *     refuses closes the end that asked
   */
  public static Pair pair(String name, Executor executor) {
    return pair(name, executor, DEFAULT_CAPACITY_BYTES);
  }

  /**
   * Makes a pair.
   *
   * @param capacity bytes that wait in either direction at most, 1 or more; up to twice that is
   *     allocated as needed
   */
  public static Pair pair(String name, Executor executor, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity + " is below 1 byte");
    }
    Object lock = new Object();
    InProcessLink first = new InProcessLink(lock, name, executor, capacity);
    InProcessLink second = new InProcessLink(lock, name, executor, capacity);
    synchronized (lock) {
      first.other = second;
      second.other = first;
    }
    return new Pair(first, second);
  }

  @Override
  public void open(LinkListener newListener) {
    synchronized (lock) {
      if (listener != null) {
        throw new IllegalStateException(describe() + " was opened before; a link is opened once");
      }
      listener = newListener;
      presentDue = true;
    }
    schedule();
  }

  @Override
  public int write(ByteBuffer src) throws IOException {
    InProcessLink to;
    int taken;
    synchronized (lock) {
      requireOpened();
      to = other();
      if (closed) {
        throw new IOException(describe() + " is closed; nothing was written");
      }
      if (to.closed) {
        throw new IOException(describe() + ": the peer is gone; nothing was written");
      }
      taken = Math.min(src.remaining(), to.room());
      to.append(src, taken);
    }
    if (taken > 0) {
      to.schedule();
    }
    return taken;
  }

  @Override
  public void requestWritable() {
    synchronized (lock) {
      requireOpened();
      writableWanted = true;
      if (!writableNow()) {
        return;
      }
    }
    schedule();
  }

  @Override
  public PeerInfo peer() {
    return peerInfo;
  }

  @Override
  public void close() {
    closeWith(null);
  }

  private void closeWith(@Nullable Throwable why) {
    InProcessLink to;
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      cause = why;
      incoming.clear();
      to = other();
    }
    schedule();
    to.schedule();
  }

  // The lock is held in all methods from here to next().

  private void requireOpened() {
    if (listener == null) {
      throw new IllegalStateException(describe() + " is not open yet; call open first");
    }
  }

  private InProcessLink other() {
    if (other == null) {
      throw new IllegalStateException(describe() + " has no other end");
    }
    return other;
  }

  private int room() {
    return capacity - delivering - incoming.position();
  }

  private boolean writableNow() {
    return writableWanted && !other().closed && other().room() > 0;
  }

  private void append(ByteBuffer src, int count) {
    if (incoming.remaining() < count) {
      int needed = incoming.position() + count;
      int size = Math.min(capacity, Math.max(needed, 2 * incoming.capacity()));
      incoming = ByteBuffer.allocate(Math.max(size, needed)).put(incoming.flip());
    }
    incoming.put(incoming.position(), src, src.position(), count);
    incoming.position(incoming.position() + count);
    src.position(src.position() + count);
  }

  private boolean somethingDue() {
    if (listener == null || saidClosed) {
      return false;
    }
    return closed || presentDue || incoming.position() > 0 || other().closed || writableNow();
  }

  /** The next callback, or null when all is said. */
  private @Nullable Runnable next(LinkListener to) {
    if (saidClosed) {
      return null;
    }
    if (closed) {
      saidClosed = true;
      Throwable why = cause;
      return () -> to.onClosed(why);
    }
    if (presentDue) {
      presentDue = false;
      return to::onPeerPresent;
    }
    if (incoming.position() > 0) {
      ByteBuffer content = incoming.flip();
      incoming = spare;
      delivering = content.remaining();
      return () -> deliver(to, content);
    }
    if (other().closed) {
      closed = true;
      saidClosed = true;
      return () -> to.onClosed(null);
    }
    if (writableNow()) {
      writableWanted = false;
      return to::onWritable;
    }
    return null;
  }

  private void deliver(LinkListener to, ByteBuffer content) {
    try {
      to.onBytes(content);
    } finally {
      boolean wake;
      InProcessLink from;
      synchronized (lock) {
        delivering = 0;
        spare = content.clear();
        from = other();
        wake = from.writableNow();
      }
      if (wake) {
        from.schedule();
      }
    }
  }

  /** Lets the executor run {@link #turn} unless that is under way. Without the lock. */
  private void schedule() {
    synchronized (lock) {
      if (taskDue || !somethingDue()) {
        return;
      }
      taskDue = true;
    }
    try {
      executor.execute(this::turn);
    } catch (RuntimeException e) {
      synchronized (lock) {
        closed = true;
        saidClosed = true;
      }
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
  }

  /** One callback, then the executor's other tasks have their turn. */
  private void turn() {
    Runnable callback;
    synchronized (lock) {
      callback = listener == null ? null : next(listener);
    }
    try {
      if (callback != null) {
        callback.run();
      }
    } catch (Throwable t) {
      closeWith(t);
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, t);
    } finally {
      synchronized (lock) {
        taskDue = false;
      }
      schedule();
    }
  }

  private String describe() {
    return "in-process link " + name;
  }

  @Override
  public String toString() {
    return describe();
  }
}
