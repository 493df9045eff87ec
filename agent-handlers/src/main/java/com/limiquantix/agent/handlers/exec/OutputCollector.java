package com.limiquantix.agent.handlers.exec;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.Arrays;

/** Keeps the first bytes of one output and counts nothing beyond them. Not thread-safe. */
final class OutputCollector {
  private static final int FIRST_BYTES = 4096;

  private final int limit;
  private final OutputBudget budget;
  private byte[] kept = new byte[0];
  private int size;
  private boolean cut;

  OutputCollector(int limit, OutputBudget budget) {
    this.limit = limit;
    this.budget = budget;
  }

  void add(byte[] bytes, int count) {
    int wanted = Math.min(count, limit - size);
    if (size + wanted > kept.length) {
      grow(size + wanted);
    }
    int fits = Math.min(wanted, kept.length - size);
    System.arraycopy(bytes, 0, kept, size, fits);
    size += fits;
    cut |= fits < count;
  }

  private void grow(int needed) {
    int room = (int) Math.min(limit, Math.max(Math.max(FIRST_BYTES, needed), 2L * kept.length));
    if (cut || !budget.take(room - kept.length)) {
      // What was cut once stays cut there, or the text would have a hole.
      return;
    }
    kept = Arrays.copyOf(kept, room);
  }

  /** Says that there was more than what was added. */
  void markCut() {
    cut = true;
  }

  boolean isCut() {
    return cut;
  }

  /** What was kept. Nothing may be added afterwards. */
  ByteString bytes() {
    return UnsafeByteOperations.unsafeWrap(kept, 0, size);
  }

  /** Returns to the budget what this output holds; once, when it has been passed on. */
  void release() {
    budget.giveBack(kept.length);
    kept = new byte[0];
    size = 0;
  }
}
