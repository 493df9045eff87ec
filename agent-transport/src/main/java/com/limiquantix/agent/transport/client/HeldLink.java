package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A connection that nobody uses yet. It keeps what the peer says first, up to a bound, and notices
 * when the peer goes, so that nobody is given a dead one.
 */
final class HeldLink implements Link, LinkListener {
  /** An agent introduces itself in far less; one that goes on talking is cut off. */
  static final int MAX_HELD_BYTES = 16 * 1024;

  private final Link link;
  private final Executor loop;
  private final Runnable ended;
  private final AtomicBoolean opened = new AtomicBoolean();

  // Of the loop's thread only.
  private @Nullable LinkListener user;
  private boolean present;
  private boolean closed;
  private @Nullable Throwable cause;
  private byte[] held = {};

  /**
   * @param loop runs the callbacks of {@code link}
   * @param ended runs when the link is closed, used or not
   */
  HeldLink(Link link, Executor loop, Runnable ended) {
    this.link = link;
    this.loop = loop;
    this.ended = ended;
  }

  /** Begins to listen. Once, first. */
  void hold() {
    link.open(this);
  }

  @Override
  public void open(LinkListener newUser) {
    if (!opened.compareAndSet(false, true)) {
      throw new IllegalStateException(
          peer().describe() + " was opened before; a link is opened once");
    }
    try {
      loop.execute(() -> begin(newUser));
    } catch (RejectedExecutionException e) {
      // The loop has ended, and with it the thread that could say so.
      Thread last = new Thread(() -> newUser.onClosed(e), "link-ended");
      last.setDaemon(true);
      last.start();
    }
  }

  private void begin(LinkListener newUser) {
    user = newUser;
    byte[] first = held;
    held = new byte[0];
    if (present) {
      newUser.onPeerPresent();
    }
    if (first.length > 0) {
      newUser.onBytes(ByteBuffer.wrap(first));
    }
    if (closed) {
      newUser.onClosed(cause);
    }
  }

  @Override
  public void onPeerPresent() {
    present = true;
    if (user != null) {
      user.onPeerPresent();
    }
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    if (user != null) {
      user.onBytes(bytes);
      return;
    }
    if (held.length + bytes.remaining() > MAX_HELD_BYTES) {
      link.close();
      return;
    }
    ByteBuffer joined = ByteBuffer.allocate(held.length + bytes.remaining());
    held = joined.put(held).put(bytes).array();
  }

  @Override
  public void onWritable() {
    if (user != null) {
      user.onWritable();
    }
  }

  @Override
  public void onPeerAbsent() {
    if (user != null) {
      user.onPeerAbsent();
    }
  }

  @Override
  public void onClosed(@Nullable Throwable why) {
    closed = true;
    cause = why;
    ended.run();
    if (user != null) {
      user.onClosed(why);
    }
  }

  @Override
  public int write(ByteBuffer src) throws IOException {
    requireOpened();
    return link.write(src);
  }

  @Override
  public void requestWritable() {
    requireOpened();
    link.requestWritable();
  }

  private void requireOpened() {
    if (!opened.get()) {
      throw new IllegalStateException(peer().describe() + " is not open yet; call open first");
    }
  }

  @Override
  public PeerInfo peer() {
    return link.peer();
  }

  @Override
  public void close() {
    link.close();
  }
}
