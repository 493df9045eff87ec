package com.limiquantix.agent.transport.link.fault;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A link whose bytes pass through {@link Faults}. Itself holds to the contract of {@link Link},
 * except that it copies and is slow.
 */
public final class FaultLink implements Link {
  /** Bytes that writes may add while a hold keeps them from leaving. */
  private static final int HELD_LIMIT = 1 << 20;

  private final Link real;
  private final Serial callbacks;
  private final Object lock = new Object();
  private final Faults incoming = new Faults(lock, this::incomingChanged);
  private final Faults outgoing = new Faults(lock, this::outgoingChanged);

  // Guarded by the lock.
  private @Nullable LinkListener listener;
  private long writeBudget = Long.MAX_VALUE;
  private int bytesPerWrite = Integer.MAX_VALUE;
  private boolean writableWanted;
  private boolean writableAskedBelow;
  private boolean absent;
  private boolean presentBelow;
  private boolean closed;

  /** What the real link has taken of us and given to us, and what it was asked. */
  private long takenBelow;

  private long givenBelow;
  private boolean closeAskedBelow;
  private boolean closedBelow;

  /**
   * @param executor runs the callbacks; may be the one that {@code real} uses
   */
  public FaultLink(Link real, Executor executor) {
    this.real = real;
    this.callbacks = new Serial(executor);
  }

  /** Faults of what the listener gets. */
  public Faults incoming() {
    return incoming;
  }

  /** Faults of what is written. */
  public Faults outgoing() {
    return outgoing;
  }

  /** From now on a write takes at most {@code bytes}, 1 or more. */
  public void limitWrites(int bytes) {
    synchronized (lock) {
      bytesPerWrite = bytes;
    }
  }

  /** From now on writes take nothing but what {@link #refill} allows. */
  public void starveWrites() {
    synchronized (lock) {
      writeBudget = 0;
    }
  }

  /** Lets writes take {@code bytes} more. */
  public void refill(long bytes) {
    synchronized (lock) {
      writeBudget = writeBudget == Long.MAX_VALUE ? writeBudget : writeBudget + bytes;
    }
    outgoingChanged();
  }

  /** The peer of a connection is gone at once; what was under way either way is lost. */
  public void vanish(@Nullable Throwable cause) {
    end(cause);
    close();
  }

  /**
   * Whether the real link between this end and {@code other} still carries something from one to
   * the other, or owes one of them an answer. Only faults of these two ends hold anything up then.
   */
  public boolean carriesTo(FaultLink other) {
    return owes(other) || other.owes(this) || sendsTo(other) || other.sendsTo(this);
  }

  /** Whether bytes are under way to the other end. */
  private boolean sendsTo(FaultLink other) {
    long sent;
    synchronized (lock) {
      sent = takenBelow;
    }
    return sent != other.given() && !other.isOver();
  }

  private long given() {
    synchronized (lock) {
      return givenBelow;
    }
  }

  /** Whether the real link is closed, or asked to close. */
  public boolean isOver() {
    synchronized (lock) {
      return closeAskedBelow || closedBelow;
    }
  }

  private boolean owes(FaultLink other) {
    boolean otherOver = other.isOver();
    synchronized (lock) {
      boolean open = listener != null && !closedBelow;
      return open && (!presentBelow || writableAskedBelow || closeAskedBelow || otherOver);
    }
  }

  /**
   * The peer of a port is gone: what is under way is lost, what it sends is lost, writes take
   * nothing, until {@link #returnToPort}.
   */
  public void vanishFromPort() {
    LinkListener to;
    synchronized (lock) {
      if (absent || closed) {
        return;
      }
      absent = true;
      incoming.discard();
      outgoing.discard();
      to = opened();
    }
    callbacks.execute(to::onPeerAbsent);
  }

  /** A peer is at the port again. */
  public void returnToPort() {
    LinkListener to;
    synchronized (lock) {
      if (!absent || closed) {
        return;
      }
      absent = false;
      to = opened();
    }
    callbacks.execute(to::onPeerPresent);
    outgoingChanged();
  }

  @Override
  public void open(LinkListener newListener) {
    synchronized (lock) {
      if (listener != null) {
        throw new IllegalStateException("opened before");
      }
      listener = newListener;
    }
    real.open(new Below());
  }

  private LinkListener opened() {
    if (listener == null) {
      throw new IllegalStateException("not open yet");
    }
    return listener;
  }

  @Override
  public int write(ByteBuffer src) throws IOException {
    synchronized (lock) {
      opened();
      if (closed) {
        throw new IOException("the link is closed");
      }
      long allowed = Math.min(Math.min(src.remaining(), bytesPerWrite), writeBudget);
      int taken = (int) Math.min(allowed, Math.min(outgoing.pieceLimit(), room()));
      if (taken <= 0) {
        return 0;
      }
      taken = outgoing.isPlain() ? passOn(src, taken) : transform(src, taken);
      if (writeBudget != Long.MAX_VALUE) {
        writeBudget -= taken;
      }
      return taken;
    }
  }

  private int passOn(ByteBuffer src, int limit) throws IOException {
    int taken = real.write(src.slice(src.position(), limit));
    takenBelow += taken;
    src.position(src.position() + taken);
    outgoing.passed(taken);
    return taken;
  }

  private int transform(ByteBuffer src, int count) throws IOException {
    byte[] copy = new byte[count];
    src.get(copy);
    outgoing.enter(copy);
    flush();
    return count;
  }

  private int room() {
    if (absent || outgoing.anythingReady()) {
      return 0;
    }
    return outgoing.holding() ? HELD_LIMIT - outgoing.waiting() : HELD_LIMIT;
  }

  /** With the lock. */
  private void flush() throws IOException {
    while (outgoing.anythingReady()) {
      int taken = real.write(ByteBuffer.wrap(outgoing.peek()));
      takenBelow += taken;
      outgoing.take(taken);
      if (taken == 0) {
        askBelow();
        return;
      }
    }
  }

  private void askBelow() {
    if (!writableAskedBelow) {
      writableAskedBelow = true;
      real.requestWritable();
    }
  }

  @Override
  public void requestWritable() {
    synchronized (lock) {
      opened();
      writableWanted = true;
    }
    outgoingChanged();
  }

  private void outgoingChanged() {
    synchronized (lock) {
      if (listener == null || closed) {
        return;
      }
      try {
        flush();
      } catch (IOException e) {
        return; // the real link is closing and says so itself
      }
      if (!writableWanted || writeBudget == 0 || room() <= 0) {
        return;
      }
      askBelow();
    }
  }

  private void writableBelow() {
    synchronized (lock) {
      writableAskedBelow = false;
      if (closed) {
        return;
      }
      try {
        flush();
      } catch (IOException e) {
        return; // the real link is closing and says so itself
      }
      if (!writableWanted || writeBudget == 0 || room() <= 0) {
        return;
      }
      writableWanted = false;
      callbacks.execute(opened()::onWritable);
    }
  }

  private void incomingChanged() {
    callbacks.execute(this::deliver);
  }

  /** In the executor: all that may come out, piece by piece. */
  private void deliver() {
    while (true) {
      byte[] piece;
      LinkListener to;
      synchronized (lock) {
        if (listener == null || closed || !presentBelow || !incoming.anythingReady()) {
          return;
        }
        piece = incoming.peek();
        incoming.take(piece.length);
        to = listener;
      }
      try {
        to.onBytes(ByteBuffer.wrap(piece));
      } catch (RuntimeException | Error e) {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        end(e);
        close();
        return;
      }
    }
  }

  private void end(@Nullable Throwable cause) {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      LinkListener to = listener;
      if (to != null) {
        callbacks.execute(() -> to.onClosed(cause));
      }
    }
  }

  @Override
  public PeerInfo peer() {
    return real.peer();
  }

  /** Closes the real link; its onClosed comes through. */
  @Override
  public void close() {
    synchronized (lock) {
      closeAskedBelow = true;
    }
    real.close();
  }

  private final class Below implements LinkListener {
    @Override
    public void onPeerPresent() {
      synchronized (lock) {
        presentBelow = true;
        callbacks.execute(opened()::onPeerPresent);
      }
      incomingChanged();
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      synchronized (lock) {
        if (!absent) {
          incoming.enter(copy);
          incomingChanged();
        }
        givenBelow += copy.length;
      }
    }

    @Override
    public void onWritable() {
      writableBelow();
    }

    @Override
    public void onPeerAbsent() {
      synchronized (lock) {
        callbacks.execute(opened()::onPeerAbsent);
      }
    }

    /** Held bytes never come: the peer went while they were under way. */
    @Override
    public void onClosed(@Nullable Throwable cause) {
      synchronized (lock) {
        callbacks.execute(() -> end(cause));
        closedBelow = true;
      }
    }
  }
}
