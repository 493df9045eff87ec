package com.limiquantix.agent.transport.link;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A listener that writes down what it hears and notices calls that break the contract. */
public final class Probe implements LinkListener {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Thread maker = Thread.currentThread();
  private final AtomicBoolean inCall = new AtomicBoolean();
  private final List<String> calls = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final Semaphore writable = new Semaphore(0);
  private final @Nullable Consumer<ByteBuffer> sink;
  private @Nullable Throwable cause;
  private long count;

  public Probe() {
    this(null);
  }

  /** Bytes go to {@code sink} and are not kept. */
  public Probe(@Nullable Consumer<ByteBuffer> sink) {
    this.sink = sink;
  }

  private synchronized void enter(String call) {
    if (Thread.currentThread() == maker) {
      violations.add(call + " in the thread that uses the link");
    }
    if (!inCall.compareAndSet(false, true)) {
      violations.add(call + " while another callback runs");
    }
    if (closed.isDone()) {
      violations.add(call + " after onClosed");
    }
    // Runs of bytes and of writability differ from run to run; their first is what matters.
    if (calls.isEmpty() || !calls.get(calls.size() - 1).equals(call)) {
      calls.add(call);
    }
  }

  private synchronized void leave() {
    inCall.set(false);
    notifyAll();
  }

  @Override
  public void onPeerPresent() {
    enter("present");
    leave();
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    enter("bytes");
    try {
      synchronized (this) {
        count += bytes.remaining();
      }
      if (sink != null) {
        sink.accept(bytes);
      } else {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        synchronized (this) {
          received.writeBytes(copy);
        }
      }
    } finally {
      leave();
    }
  }

  @Override
  public void onWritable() {
    enter("writable");
    writable.release();
    leave();
  }

  @Override
  public void onPeerAbsent() {
    enter("absent");
    leave();
  }

  @Override
  public void onClosed(@Nullable Throwable why) {
    enter("closed");
    synchronized (this) {
      cause = why;
    }
    leave();
    closed.complete(null);
  }

  private synchronized void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError("Waited in vain for " + what + "; heard " + calls);
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Waits until that many bytes came in all. */
  public void awaitCount(long bytes) {
    await(bytes + " bytes", () -> count >= bytes);
  }

  public void awaitCall(String call) {
    await(call, () -> calls.contains(call));
  }

  /** Waits until exactly these calls have come, repetitions left out. */
  public void awaitCalls(String... expected) {
    await(List.of(expected).toString(), () -> calls.equals(List.of(expected)));
  }

  /** Waits for the end and returns its cause. */
  public @Nullable Throwable awaitClosed() {
    awaitCall("closed");
    synchronized (this) {
      return cause;
    }
  }

  /** Waits for one onWritable that was not waited for yet. */
  public void awaitWritable() {
    try {
      if (!writable.tryAcquire(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
        throw new AssertionError("Waited in vain for onWritable; heard " + calls());
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** How many onWritable came that nobody waited for. */
  public int spareWritables() {
    return writable.availablePermits();
  }

  public synchronized byte[] received() {
    return received.toByteArray();
  }

  public synchronized long count() {
    return count;
  }

  /** The calls in order, repetitions left out: present, bytes, writable, absent, closed. */
  public synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  /** What was against the contract. */
  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }
}
