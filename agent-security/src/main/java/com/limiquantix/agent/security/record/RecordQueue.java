package com.limiquantix.agent.security.record;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Encoded records on their way from the threads that log to the one that writes. Bounded in bytes;
 * who adds never waits for who takes. A record that does not fit is lost, and so are all after it
 * until every record before it is written: so the loss has one place in the log, where {@link
 * #takeLoss} tells of it. Thread-safe; one thread takes.
 */
public final class RecordQueue {

  /**
   * Records that were lost in a row.
   *
   * @param records how many, 1 or more
   * @param since when the first of them was logged
   */
  public record Loss(long records, Instant since) {}

  private final int capacity;
  private final long lingerNanos;
  private final Deque<byte[]> records = new ArrayDeque<>();
  private int bytes;

  /** How many records {@link #first} has returned. */
  private int shown = 1;

  private long untold;
  private Instant untoldSince = Instant.EPOCH;
  private long lost;
  private boolean closed;

  /** Whether the thread that takes waits to be woken. */
  private boolean asleep;

  /**
   * @param capacity the most bytes of records that wait, the one being written included
   */
  public RecordQueue(int capacity) {
    this(capacity, Duration.ZERO);
  }

  /**
   * @param capacity the most bytes of records that wait, the one being written included
   * @param linger for how long the thread that takes, once all is taken, is not woken: waking it
   *     costs the thread that adds more than all the rest. Zero: always woken at once
   */
  public RecordQueue(int capacity, Duration linger) {
    this.capacity = capacity;
    this.lingerNanos = linger.toNanos();
  }

  /**
   * Adds a record, or counts it as lost.
   *
   * @param record not to be altered any more
   * @param logged when it was logged
   */
  public synchronized void add(byte[] record, Instant logged) {
    if (closed) {
      lost++;
      return;
    }
    if (untold > 0 || record.length > capacity - bytes) {
      if (untold == 0) {
        untoldSince = logged;
      }
      untold++;
      lost++;
    } else {
      records.add(record);
      bytes += record.length;
    }
    if (asleep) {
      notifyAll();
    }
  }

  /**
   * Waits until there is a record or a loss to be told.
   *
   * @return false if the queue is closed and has neither
   */
  synchronized boolean await() throws InterruptedException {
    if (lingerNanos > 0 && records.isEmpty() && untold == 0) {
      pause(lingerNanos);
    }
    while (records.isEmpty() && untold == 0 && !closed) {
      asleep = true;
      try {
        wait();
      } finally {
        asleep = false;
      }
    }
    return !records.isEmpty() || untold > 0;
  }

  /** The oldest record, which stays; null if there is none. */
  synchronized byte @Nullable [] first() {
    return first(0);
  }

  /**
   * The oldest records in a row, which stay; null if there is none.
   *
   * @param most bytes of them together; one record is returned whatever its length
   */
  synchronized byte @Nullable [] first(int most) {
    byte[] oldest = records.peek();
    if (oldest == null || oldest.length >= most) {
      shown = 1;
      return oldest;
    }
    int count = 0;
    int length = 0;
    for (byte[] record : records) {
      if (length + record.length > most) {
        break;
      }
      length += record.length;
      count++;
    }
    shown = count;
    return count == 1 ? oldest : joined(count, length);
  }

  private byte[] joined(int count, int length) {
    ByteBuffer all = ByteBuffer.allocate(length);
    int left = count;
    for (byte[] record : records) {
      if (left-- == 0) {
        break;
      }
      all.put(record);
    }
    return all.array();
  }

  /** Takes away what {@link #first} returned, because it is written. */
  synchronized void removeFirst() {
    for (; shown > 0; shown--) {
      byte[] first = records.poll();
      if (first != null) {
        bytes -= first.length;
      }
    }
    shown = 1;
  }

  /** The loss that comes after all records in the queue; from now on records are taken again. */
  synchronized Loss takeLoss() {
    Loss loss = new Loss(untold, untoldSince);
    untold = 0;
    return loss;
  }

  /** How many records were lost since the beginning, told or not. */
  public synchronized long lost() {
    return lost;
  }

  /**
   * Waits a while, whatever is added meanwhile; not once the queue is closed.
   *
   * @param nanos how long at most
   */
  synchronized void pause(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0 && !closed; left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Whether records are being lost now: one was since all before it were written. */
  public synchronized boolean isLosing() {
    return untold > 0;
  }

  /** Takes no more records; those that are in the queue can still be written. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** Gives up what is still in the queue: it is lost. */
  synchronized void abandon() {
    lost += records.size();
    records.clear();
    bytes = 0;
  }
}
