package com.limiquantix.agent.security.record;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes records, and so the only one that waits for a disk that is full or
 * frozen, for a reader of standard output that has stopped reading, or for a terminal. A record
 * that can't be written stays first in the queue and is tried again; what the full queue does not
 * take is lost, and one record tells of it once writing works again.
 */
public final class RecordWriter {

  /** Makes the record that tells of lost ones. */
  public interface LossRecord {
    /**
     * The record.
     *
     * @param reason why they could not be written; null if that only took too long
     */
    byte[] of(RecordQueue.Loss loss, @Nullable String reason);
  }

  /** Time between two attempts while writing fails. */
  public static final Duration RETRY = Duration.ofSeconds(1);

  private final RecordQueue queue;
  private final RecordTarget target;
  private final LossRecord losses;
  private final long retryNanos;
  private final int batchBytes;
  private final Thread thread;

  /** Of the writing thread: why writing has failed since a loss was told. */
  private @Nullable String failure;

  private volatile @Nullable String failing;

  /**
   * @param retry time between two attempts while writing fails
   * @param batchBytes how much the target is given at once if more than one record waits
   * @param threadName of the thread that writes
   */
  public RecordWriter(
      RecordQueue queue,
      RecordTarget target,
      LossRecord losses,
      Duration retry,
      int batchBytes,
      String threadName) {
    this.queue = queue;
    this.target = target;
    this.losses = losses;
    this.retryNanos = retry.toNanos();
    this.batchBytes = batchBytes;
    this.thread = new Thread(this::run, threadName);
    thread.setDaemon(true);
  }

  /** Opens the target and writes what comes, in a thread of its own. */
  public void start() {
    thread.start();
  }

  /**
   * Takes no more records, writes those that wait, and ends the thread. One that is stuck is left
   * alone, to end with the process.
   *
   * @param patience how long to wait
   */
  public void close(Duration patience) {
    queue.close();
    try {
      thread.join(patience.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    queue.abandon();
  }

  /** Why the last attempt to write failed; null if it worked, or there was none. Any thread. */
  public @Nullable String failing() {
    return failing;
  }

  private void run() {
    try {
      open();
      boolean going = true;
      while (going && queue.await()) {
        going = writeNext();
      }
    } catch (InterruptedException e) {
      // Nobody has this thread but us; an interrupt can only mean that it is to end.
      Thread.currentThread().interrupt();
    } finally {
      target.close();
    }
  }

  private void open() {
    try {
      target.open();
    } catch (IOException | RuntimeException e) {
      failed(e);
    }
  }

  /** Returns false when there is no time left to try again what has failed. */
  private boolean writeNext() throws InterruptedException {
    byte[] first = queue.first(batchBytes);
    if (first == null) {
      String reason = failure;
      failure = null;
      return write(losses.of(queue.takeLoss(), reason));
    }
    boolean written = write(first);
    if (written) {
      queue.removeFirst();
    }
    return written;
  }

  private boolean write(byte[] record) throws InterruptedException {
    while (true) {
      boolean last = queue.isClosed();
      try {
        target.write(record);
        failing = null;
        return true;
      } catch (IOException | RuntimeException e) {
        failed(e);
      }
      if (last) {
        return false;
      }
      queue.pause(retryNanos);
    }
  }

  private void failed(Exception fault) {
    String reason = IoReason.of(fault);
    failure = reason;
    failing = reason;
  }
}
