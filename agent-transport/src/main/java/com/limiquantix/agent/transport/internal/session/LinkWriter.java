package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.transport.internal.frame.FrameCodec;
import com.limiquantix.agent.transport.link.Link;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Moves bytes from the queue to the link. Whoever has something to send becomes the writer if
 * nobody is, and goes on until the queue is empty or the link is full; so a lone call needs no
 * hand-over to another thread, and nobody ever waits for the link.
 */
final class LinkWriter {
  /** After so many bytes the writer leaves the rest to the link's own thread. */
  private static final int TURN_BYTES = 1 << 20;

  private final Object lock;
  private final Link link;
  private final OutboundQueue queue;
  private final BufferPool pool;
  private final CRC32C crc = new CRC32C();

  private boolean writing;
  private boolean blocked;
  private boolean closed;
  private boolean dropRest;
  private @Nullable ByteBuffer out;

  /** Whether {@link #out} holds frames of version 2, or a piece of version 1. */
  private boolean framed = true;

  private @Nullable Runnable drained;

  /** That of which something is in {@link #out}; of the writer alone. */
  private final List<Sent> progressed = new ArrayList<>(4);

  LinkWriter(Object lock, Link link, OutboundQueue queue, BufferPool pool) {
    this.lock = lock;
    this.link = link;
    this.queue = queue;
    this.pool = pool;
  }

  /**
   * Under the lock: drops what was taken from the queue but not written yet, except the rest of a
   * version 2 frame that has begun, so that what follows begins at a frame's start. A peer of
   * version 2 skips a version 1 frame wherever it breaks off.
   */
  void dropUnwritten() {
    dropRest = true;
  }

  /** The link takes bytes again. */
  void onWritable() {
    synchronized (lock) {
      blocked = false;
    }
    flush();
  }

  /** The peer is gone, and with it the rest of what was begun. */
  void onPeerAbsent() {
    List<Sent> gone;
    synchronized (lock) {
      dropRest = true;
      gone = abandon();
    }
    tell(gone);
  }

  /** Nothing is written any more. */
  void close() {
    List<Sent> gone;
    synchronized (lock) {
      closed = true;
      gone = abandon();
    }
    tell(gone);
  }

  /** Under the lock: drops the buffer, unless somebody writes and will come to see it himself. */
  private List<Sent> abandon() {
    if (writing) {
      return List.of();
    }
    giveBack();
    return takeProgressed();
  }

  private List<Sent> takeProgressed() {
    List<Sent> taken = progressed.isEmpty() ? List.of() : List.copyOf(progressed);
    progressed.clear();
    return taken;
  }

  /**
   * Runs {@code action} once everything that waits now has been written.
   *
   * @return whether that has happened already, or the link has closed
   */
  boolean whenDrained(Runnable action) {
    synchronized (lock) {
      drained = action;
    }
    flush();
    synchronized (lock) {
      return drained == null || closed;
    }
  }

  /** Writes what the link takes now. Any thread; never blocks. */
  void flush() {
    synchronized (lock) {
      if (writing || blocked || closed) {
        return;
      }
      writing = true;
    }
    int turn = 0;
    for (ByteBuffer buffer = next(); buffer != null; buffer = next()) {
      int count = write(buffer);
      turn += count;
      if (!buffer.hasRemaining()) {
        tellProgress();
      }
      if (count <= 0 || turn > TURN_BYTES) {
        synchronized (lock) {
          writing = false;
          blocked = true;
        }
        link.requestWritable();
        return;
      }
    }
  }

  private void tellProgress() {
    tell(progressed);
    progressed.clear();
  }

  private static void tell(List<Sent> sent) {
    for (int i = 0; i < sent.size(); i++) {
      sent.get(i).progressed();
    }
  }

  private int write(ByteBuffer buffer) {
    try {
      return link.write(buffer);
    } catch (IOException e) {
      // The link tells its listener itself that it is closed and why.
      synchronized (lock) {
        closed = true;
      }
      progressed.forEach(Sent::lost);
      progressed.clear();
      buffer.position(buffer.limit());
      return 1;
    }
  }

  /** What to write next; null, and no longer the writer, if there is nothing. */
  private @Nullable ByteBuffer next() {
    ByteBuffer buffer;
    boolean unsealed = false;
    List<Sent> gone = List.of();
    Runnable last;
    synchronized (lock) {
      buffer = out;
      if (buffer != null && dropRest) {
        keepBegunFrame(buffer);
      }
      dropRest = false;
      if (buffer != null && buffer.hasRemaining() && !closed) {
        return buffer;
      }
      if (buffer == null) {
        buffer = pool.take();
        out = buffer;
      }
      buffer.clear();
      if (!closed) {
        framed = queue.fill(buffer, progressed);
        unsealed = framed;
      }
      buffer.flip();
      if (buffer.hasRemaining()) {
        last = null;
      } else {
        writing = false;
        giveBack();
        buffer = null;
        gone = takeProgressed();
        last = drained;
        drained = null;
      }
    }
    tell(gone);
    if (buffer == null) {
      if (last != null) {
        last.run();
      }
    } else if (unsealed) {
      FrameCodec.seal(buffer, 0, buffer.limit(), crc);
    }
    return buffer;
  }

  private void giveBack() {
    if (out != null) {
      pool.give(out);
      out = null;
    }
    dropRest = false;
  }

  private void keepBegunFrame(ByteBuffer buffer) {
    int at = framed ? 0 : buffer.position();
    while (at < buffer.position()) {
      at = FrameCodec.endOfFrame(buffer, at);
    }
    buffer.limit(at);
  }
}
