package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes the log, and so the only one that waits for a disk that is full or
 * frozen, for a reader of standard output that has stopped reading, or for a terminal. A record
 * that can't be written stays first in the queue and is tried again; what the full queue does not
 * take is lost, and one record tells of it once writing works again.
 */
final class LogWriter {

  /** Time between two attempts while writing fails. */
  static final Duration RETRY = Duration.ofSeconds(1);

  private final RecordQueue queue;
  private final LogTarget target;
  private final RecordEncoder encoder;
  private final long retryNanos;
  private final Thread thread;

  /** Of the writing thread: why writing has failed since a loss was told. */
  private @Nullable String failure;

  /**
   * @param encoder makes the record that tells of lost ones
   * @param retry time between two attempts while writing fails
   */
  LogWriter(RecordQueue queue, LogTarget target, RecordEncoder encoder, Duration retry) {
    this.queue = queue;
    this.target = target;
    this.encoder = encoder;
    this.retryNanos = retry.toNanos();
    this.thread = new Thread(this::run, "agent-log");
    thread.setDaemon(true);
  }

  /** Opens the target and writes what comes, in a thread of its own. */
  void start() {
    thread.start();
  }

  /**
   * Takes no more records, writes those that wait, and ends the thread. One that is stuck is left
   * alone, to end with the process.
   *
   * @param patience how long to wait
   */
  void close(Duration patience) {
    queue.close();
    try {
      thread.join(patience.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    queue.abandon();
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
      failure = IoReason.of(e);
    }
  }

  /** Returns false when there is no time left to try again what has failed. */
  private boolean writeNext() throws InterruptedException {
    byte[] first = queue.first();
    if (first == null) {
      return write(encoder.own(Level.WARN, describe(queue.takeLoss())));
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
        return true;
      } catch (IOException | RuntimeException e) {
        failure = IoReason.of(e);
      }
      if (last) {
        return false;
      }
      queue.pause(retryNanos);
    }
  }

  private String describe(RecordQueue.Loss loss) {
    String reason = failure == null ? "writing took too long" : failure;
    failure = null;
    return (loss.records() == 1 ? "1 record was" : loss.records() + " records were")
        + " lost since "
        + RecordEncoder.time(loss.since())
        + " because the log could not be written: "
        + reason;
  }
}
