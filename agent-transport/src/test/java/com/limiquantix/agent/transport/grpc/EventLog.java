package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The callbacks of one listener in order, with the thread and context that each one came in. */
final class EventLog {
  /** How long anything may take that must happen, in seconds. */
  static final int PATIENCE_SECONDS = 10;

  /** One callback and where it ran. */
  record Seen(Event event, String thread, Context context) {}

  private final BlockingQueue<Event> unread = new LinkedBlockingQueue<>();
  private final Semaphore ready = new Semaphore(0);
  private final List<Seen> all = new ArrayList<>();
  private final AtomicInteger inside = new AtomicInteger();
  private final Consumer<Event> reaction;
  private volatile boolean overlapped;

  /**
   * @param reaction runs within each callback, once it is recorded
   */
  EventLog(Consumer<Event> reaction) {
    this.reaction = reaction;
  }

  void record(Event event) {
    if (inside.incrementAndGet() != 1) {
      overlapped = true;
    }
    try {
      synchronized (all) {
        all.add(new Seen(event, Thread.currentThread().getName(), Context.current()));
      }
      if (event instanceof Event.Ready) {
        ready.release();
      } else {
        unread.add(event);
      }
      reaction.accept(event);
    } finally {
      inside.decrementAndGet();
    }
  }

  /** The next callback, which must be of this type; {@code onReady} is kept apart. */
  <E extends Event> E next(Class<E> type) throws InterruptedException {
    Event event = unread.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(event).as("next callback after %s", all()).isInstanceOf(type);
    assertThat(overlapped).as("two callbacks of one call at the same time").isFalse();
    return type.cast(event);
  }

  /** The next callback of this type; those before it are dropped. */
  <E extends Event> E skipTo(Class<E> type) throws InterruptedException {
    Event event;
    do {
      event = next(Event.class);
    } while (!type.isInstance(event));
    return type.cast(event);
  }

  String nextMessage() throws InterruptedException {
    return next(Event.Message.class).text();
  }

  void nextMessages(String... texts) throws InterruptedException {
    for (String text : texts) {
      assertThat(nextMessage()).isEqualTo(text);
    }
  }

  /** Takes one {@code onReady}, which must have come or come soon. */
  void awaitReady() throws InterruptedException {
    assertThat(ready.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .as("onReady is called")
        .isTrue();
  }

  /** Forgets each {@code onReady} so far. */
  void forgetReady() {
    ready.drainPermits();
  }

  /** Callbacks that came and were not taken yet. */
  List<Event> unread() {
    return List.copyOf(unread);
  }

  /** Every callback so far. */
  List<Seen> all() {
    synchronized (all) {
      return List.copyOf(all);
    }
  }
}
