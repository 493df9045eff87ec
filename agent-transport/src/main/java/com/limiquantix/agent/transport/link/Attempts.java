package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.Timers;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Something that is tried in the thread of a loop, again and again after pauses, until closed. */
final class Attempts implements AutoCloseable {
  private final LinkLoop loop;
  private final Timers timers;
  private final Runnable task;
  private final Runnable attempt = this::attempt;
  private final Runnable ask = this::ask;
  private final AtomicBoolean closed = new AtomicBoolean();

  // Of the loop's thread only.
  private Timers.@Nullable Timer next;

  /**
   * @param task one attempt, in the thread of the loop; says itself when the next one is to be
   */
  Attempts(LinkLoop loop, Timers timers, Runnable task) {
    this.loop = loop;
    this.timers = timers;
    this.task = task;
  }

  /** Asks for an attempt as soon as may be. Any thread. */
  void ask() {
    loop.offer(attempt);
  }

  /** Puts the next attempt off, and no other comes before. In the thread of the loop. */
  void after(long pauseNanos) {
    cancelNext();
    next = timers.schedule(ask, pauseNanos);
  }

  private void attempt() {
    cancelNext();
    if (!closed.get()) {
      task.run();
    }
  }

  private void cancelNext() {
    if (next != null) {
      next.cancel();
      next = null;
    }
  }

  boolean isClosed() {
    return closed.get();
  }

  /** Makes no further attempt. Any thread, any number of times. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      loop.offer(this::cancelNext);
    }
  }
}
