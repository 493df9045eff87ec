package com.limiquantix.agent.transport.link.fault;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What happens to the bytes of one direction of a {@link FaultLink}. Offsets count the bytes that
 * entered this direction since the link was made, before any fault. Faults may be set at any time,
 * for bytes that have not come yet.
 */
public final class Faults {
  private sealed interface Rule {}

  private record Drop(long from, long to) implements Rule {}

  private record Corrupt(long offset, int mask) implements Rule {}

  private record Insert(long offset, ByteBuffer bytes) implements Rule {}

  private final Object lock;
  private final Runnable changed;

  // All guarded by the lock of the link.
  private final List<Rule> rules = new ArrayList<>();

  /** What waits to come out lies between head and tail. */
  private byte[] waiting = new byte[64];

  private int head;
  private int tail;
  private long entered;
  private long left;
  private long leaveLimit = Long.MAX_VALUE;
  private int pieceLimit = Integer.MAX_VALUE;

  Faults(Object lock, Runnable changed) {
    this.lock = lock;
    this.changed = changed;
  }

  /** From now on no more than {@code bytes} (1 or more) travel at once. */
  public void splitInto(int bytes) {
    synchronized (lock) {
      pieceLimit = bytes;
    }
  }

  /** From now on nothing comes out; what goes in waits. */
  public void hold() {
    synchronized (lock) {
      leaveLimit = left;
    }
  }

  /** Nothing comes out after {@code count} bytes have come out in all. */
  public void holdAfter(long count) {
    synchronized (lock) {
      leaveLimit = count;
    }
  }

  /** Lets {@code count} more bytes out and holds the rest. */
  public void release(long count) {
    synchronized (lock) {
      leaveLimit = leaveLimit == Long.MAX_VALUE ? leaveLimit : leaveLimit + count;
    }
    changed.run();
  }

  /** Lets everything out, now and later. */
  public void releaseAll() {
    synchronized (lock) {
      leaveLimit = Long.MAX_VALUE;
    }
    changed.run();
  }

  /** The bytes at {@code offset} up to {@code offset + length} vanish. */
  public void drop(long offset, long length) {
    synchronized (lock) {
      rules.add(new Drop(offset, offset + length));
    }
  }

  /** The byte at {@code offset} is combined with {@code mask} by exclusive or. */
  public void corrupt(long offset, int mask) {
    synchronized (lock) {
      rules.add(new Corrupt(offset, mask));
    }
  }

  /** {@code bytes} appear before the byte at {@code offset}, when that comes. */
  public void insert(long offset, byte[] bytes) {
    synchronized (lock) {
      rules.add(new Insert(offset, ByteBuffer.wrap(bytes.clone())));
    }
  }

  /** {@code bytes} appear now, behind what is waiting. */
  public void insertNow(byte[] bytes) {
    synchronized (lock) {
      append(bytes);
    }
    changed.run();
  }

  /** Puts other bytes in the place of all that wait to come out. */
  public void rewrite(UnaryOperator<byte[]> change) {
    synchronized (lock) {
      byte[] before = Arrays.copyOfRange(waiting, head, tail);
      waiting = change.apply(before).clone();
      head = 0;
      tail = waiting.length;
    }
    changed.run();
  }

  /** How many bytes have entered, to aim the next fault. */
  public long entered() {
    synchronized (lock) {
      return entered;
    }
  }

  /** How many bytes wait to come out. */
  public int waiting() {
    synchronized (lock) {
      return tail - head;
    }
  }

  // With the lock.

  void enter(byte[] bytes) {
    if (rules.isEmpty()) {
      entered += bytes.length;
      append(bytes);
      return;
    }
    for (byte one : bytes) {
      enter(one);
    }
  }

  private void enter(byte one) {
    int value = one;
    boolean dropped = false;
    for (Rule rule : rules) {
      if (rule instanceof Insert insert && insert.offset() == entered) {
        append(insert.bytes().array());
      } else if (rule instanceof Corrupt corrupt && corrupt.offset() == entered) {
        value ^= corrupt.mask();
      } else if (rule instanceof Drop drop) {
        dropped |= drop.from() <= entered && entered < drop.to();
      }
    }
    entered++;
    if (!dropped) {
      append(new byte[] {(byte) value});
    }
  }

  private void append(byte[] bytes) {
    if (tail + bytes.length > waiting.length) {
      int size = tail - head;
      byte[] target = new byte[Math.max(waiting.length, 2 * (size + bytes.length))];
      System.arraycopy(waiting, head, target, 0, size);
      waiting = target;
      head = 0;
      tail = size;
    }
    System.arraycopy(bytes, 0, waiting, tail, bytes.length);
    tail += bytes.length;
  }

  int pieceLimit() {
    return pieceLimit;
  }

  boolean anythingReady() {
    return tail > head && left < leaveLimit;
  }

  /** Whether bytes come out as they enter. */
  boolean isPlain() {
    return rules.isEmpty() && !holding() && tail == head;
  }

  void passed(int count) {
    entered += count;
    left += count;
  }

  boolean holding() {
    return leaveLimit != Long.MAX_VALUE;
  }

  /** What comes out next: at most one piece, without taking it. */
  byte[] peek() {
    long length = Math.min(Math.min(tail - head, pieceLimit), leaveLimit - left);
    return Arrays.copyOfRange(waiting, head, head + (int) Math.max(0, length));
  }

  void take(int count) {
    head += count;
    left += count;
  }

  void discard() {
    head = 0;
    tail = 0;
  }
}
