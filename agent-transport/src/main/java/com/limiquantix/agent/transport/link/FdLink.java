package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A link over one non-blocking descriptor of a {@link LinkLoop}. Reads happen in the loop, writes
 * in the caller's thread.
 */
abstract class FdLink extends Watched implements Link {
  /** Bytes that one link may deliver before the others have their turn. */
  static final int BYTES_PER_TURN = 256 * 1024;

  /** How much a broken link still reads: more than any socket holds by default. */
  private static final int LAST_BYTES = 4 * 1024 * 1024;

  /** The two kinds of {@link Link}, and what one system call writes at most. */
  enum Kind {
    /** Its peer is there from the beginning, and the link ends when the peer does. */
    CONNECTION(Integer.MAX_VALUE),

    /**
     * Peers come and go. While none is there, reading gives end of file at once, and the descriptor
     * is ready all the time. A virtio port gives one page of the host's bytes at a time and takes
     * 32 KiB (fill_readbuf and port_fops_write of the kernel's drivers/char/virtio_console.c).
     */
    PORT(32 * 1024);

    private final int mostPerWrite;

    Kind(int mostPerWrite) {
      this.mostPerWrite = mostPerWrite;
    }
  }

  private record Ending(@Nullable Throwable cause) {}

  final LinkLoop loop;
  private final Kind kind;
  private final String name;
  private final PeerInfo peer;
  private final AtomicReference<@Nullable LinkListener> listener = new AtomicReference<>();
  private final AtomicReference<@Nullable Ending> ending = new AtomicReference<>();
  private final AtomicBoolean broken = new AtomicBoolean();

  // Guarded by interestLock: the mask in the kernel follows these three.
  private final Object interestLock = new Object();
  private boolean watching;
  private boolean writableWanted;

  /** Whether a peer was there when the loop last looked; changed by the loop's thread only. */
  private volatile boolean present;

  // Of the loop's thread only.
  private boolean looked;
  private boolean peerWasThere;
  private boolean finished;
  private boolean saidClosed;

  /**
   * @param name what the link is called in errors, such as {@code unix socket /run/a.sock}
   * @param present whether a peer is known to be there; a port finds out, and a connection that is
   *     still being made is then told by {@link #onNotConnected}
   */
  FdLink(LinkLoop loop, Fd fd, Kind kind, String name, PeerInfo peer, boolean present) {
    super(fd);
    this.loop = loop;
    this.kind = kind;
    this.name = name;
    this.peer = peer;
    this.present = present;
  }

  /** The system call that writes: bytes taken or a negated errno. Between acquire and release. */
  abstract int transmit(int number, long address, int length);

  /** Wakes whoever uses the descriptor. Between acquire and release. */
  abstract void disconnect(int number);

  /**
   * Reading says that there is no connection yet, or that there will be none. In the loop's thread.
   */
  void onNotConnected() {}

  /** A peer was seen to come, and the listener is told next. In the loop's thread. */
  void onSeen() {}

  /** Whether a peer was there when the loop last looked. */
  final boolean isPresent() {
    return present;
  }

  /** The link is closed, its listener knows, and so does the system. In the loop's thread. */
  void onFinished(@Nullable Throwable cause) {}

  @Override
  public final void open(LinkListener newListener) {
    if (!listener.compareAndSet(null, newListener)) {
      throw new IllegalStateException(name + " was opened before; a link is opened once");
    }
    if (!loop.offer(this::begin)) {
      loop.afterEnd(this::sayClosed);
    }
  }

  @Override
  public final int write(ByteBuffer src) throws IOException {
    requireOpened();
    if (ending.get() != null || broken.get() || !fd.acquire()) {
      throw new IOException(name + " is closed; nothing was written");
    }
    int result = 0;
    int before = src.position();
    try {
      if (present) {
        result = src.isDirect() ? writeDirect(src) : writeCopied(src);
      }
    } finally {
      fd.release();
    }
    if (result < 0) {
      throw breakDown(-result);
    }
    return src.position() - before;
  }

  /** Zero, or a negated errno that is not EAGAIN; the position of {@code src} tells the rest. */
  private int writeDirect(ByteBuffer src) {
    long address = loop.posix().addressOf(src);
    while (src.hasRemaining()) {
      int taken = transmitAll(address + src.position(), src.remaining());
      if (taken < 0) {
        return taken == -Errno.EAGAIN ? 0 : taken;
      }
      src.position(src.position() + taken);
    }
    return 0;
  }

  private int writeCopied(ByteBuffer src) {
    if (!src.hasRemaining()) {
      return 0;
    }
    ByteBuffer copy = loop.borrowWriteBuffer();
    try {
      long address = loop.posix().addressOf(copy);
      while (src.hasRemaining()) {
        int length = Math.min(src.remaining(), Math.min(copy.capacity(), kind.mostPerWrite));
        copy.put(0, src, src.position(), length);
        int taken = transmitAll(address, length);
        if (taken < 0) {
          return taken == -Errno.EAGAIN ? 0 : taken;
        }
        src.position(src.position() + taken);
        if (taken < length) {
          return 0;
        }
      }
      return 0;
    } finally {
      loop.giveBack(copy);
    }
  }

  private int transmitAll(long address, int length) {
    int taken;
    do {
      taken = transmit(fd.number(), address, length);
    } while (taken == -Errno.EINTR);
    return taken;
  }

  /**
   * A write failed. What the peer sent before it went is still delivered, and when that ends in
   * order the link closes in order.
   */
  private IOException breakDown(int errno) {
    IOException cause = failure("write", errno);
    if (broken.compareAndSet(false, true)) {
      loop.offer(
          () -> {
            guarded(() -> readTurn(LAST_BYTES));
            closeWith(cause);
          });
    }
    return cause;
  }

  private IOException failure(String what, int errno) {
    String advice =
        errno == Errno.EPIPE || errno == Errno.ECONNRESET
            ? ": the peer is gone; connect again"
            : "";
    return new IOException(name + ": cannot " + what + ": " + Errno.describe(errno) + advice);
  }

  private LinkListener requireOpened() {
    LinkListener current = listener.get();
    if (current == null) {
      throw new IllegalStateException(name + " is not open yet; call open first");
    }
    return current;
  }

  @Override
  public final void requestWritable() {
    requireOpened();
    synchronized (interestLock) {
      if (!writableWanted) {
        writableWanted = true;
        updateInterest();
      }
    }
  }

  private void updateInterest() {
    if (watching) {
      loop.rewatch(this, interest());
    }
  }

  /**
   * A port without a peer would be ready all the time, so changes alone are asked for then: a peer
   * that comes makes the port writable, and the kernel wakes whoever waits.
   */
  private int interest() {
    if (!present) {
      return Posix.EPOLLIN | Posix.EPOLLOUT | Posix.EPOLLET;
    }
    return writableWanted ? Posix.EPOLLIN | Posix.EPOLLOUT : Posix.EPOLLIN;
  }

  @Override
  public final boolean peerWasThere() {
    return peerWasThere;
  }

  @Override
  public final PeerInfo peer() {
    return peer;
  }

  @Override
  public final void close() {
    closeWith(null);
  }

  final void closeWith(@Nullable Throwable cause) {
    if (!ending.compareAndSet(null, new Ending(cause))) {
      return;
    }
    if (fd.acquire()) {
      try {
        disconnect(fd.number());
      } finally {
        fd.release();
      }
    }
    // If the loop has ended it has finished this link too.
    loop.offer(this::finish);
  }

  private void begin() {
    if (ending.get() != null) {
      sayClosed();
      return;
    }
    guarded(
        () -> {
          if (present) {
            requireOpened().onPeerPresent();
          }
          synchronized (interestLock) {
            if (ending.get() == null) {
              loop.watch(this, interest());
              watching = true;
            }
          }
          if (kind == Kind.PORT && ending.get() == null) {
            // Now, and not at the first event: whether a peer is there already matters.
            readTurn(BYTES_PER_TURN);
          }
        });
  }

  @Override
  final void onReady(int events) {
    guarded(
        () -> {
          // What a read answers is also what tells whether a port's peer is there.
          if ((events & ~Posix.EPOLLOUT) != 0 || !present) {
            readTurn(BYTES_PER_TURN);
          }
          if (ending.get() != null) {
            return;
          }
          if (present && (events & Posix.EPOLLOUT) != 0) {
            sayWritable();
          } else if (!present && (events & Posix.EPOLLERR) != 0) {
            // So says a terminal that was hung up; no peer comes back to it.
            closeWith(failure("wait for a peer", Errno.EIO));
          }
        });
  }

  private void sayWritable() {
    synchronized (interestLock) {
      if (!writableWanted) {
        return;
      }
      writableWanted = false;
      updateInterest();
    }
    requireOpened().onWritable();
  }

  private void readTurn(int budget) {
    LinkListener to = requireOpened();
    int left = budget;
    while (left > 0 && ending.get() == null) {
      int length = kind == Kind.PORT ? loop.readPagesFrom(fd) : loop.readFrom(fd);
      if (length > 0) {
        left -= length;
        seePeer(true);
        to.onBytes(loop.filled(length));
        if (length < LinkLoop.READ_BUFFER_BYTES) {
          return;
        }
      } else if (length == 0) {
        endOfFile();
        return;
      } else if (length == -Errno.EAGAIN) {
        seePeer(true);
        return;
      } else if (length == -Errno.ENOTCONN && !present) {
        onNotConnected();
        return;
      } else {
        closeWith(failure("read", -length));
      }
    }
  }

  private void endOfFile() {
    if (kind == Kind.CONNECTION) {
      closeWith(null);
    } else {
      seePeer(false);
    }
  }

  private void seePeer(boolean now) {
    if (!looked) {
      looked = true;
      peerWasThere = now && kind == Kind.PORT;
    }
    if (present == now) {
      return;
    }
    synchronized (interestLock) {
      present = now;
      updateInterest();
    }
    if (now) {
      onSeen();
      requireOpened().onPeerPresent();
    } else {
      requireOpened().onPeerAbsent();
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private void guarded(Step step) {
    try {
      step.run();
    } catch (Throwable t) {
      closeWith(t);
      loop.report(t);
    }
  }

  private void finish() {
    if (finished) {
      return;
    }
    finished = true;
    synchronized (interestLock) {
      watching = false;
    }
    loop.unwatch(this);
    fd.close();
    loop.forget(this);
    sayClosed();
    Ending why = ending.get();
    onFinished(why == null ? null : why.cause());
  }

  private void sayClosed() {
    LinkListener current = listener.get();
    Ending why = ending.get();
    if (current == null || saidClosed || why == null) {
      return;
    }
    saidClosed = true;
    try {
      current.onClosed(why.cause());
    } catch (Throwable t) {
      loop.report(t);
    }
  }

  @Override
  final void onLoopClosing() {
    closeWith(null);
    finish();
  }

  @Override
  public String toString() {
    return name;
  }
}
