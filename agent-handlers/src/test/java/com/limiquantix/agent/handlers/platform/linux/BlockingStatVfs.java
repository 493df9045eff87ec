package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.internal.jna.StatVfs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Filesystems of ours, each of which can be made to hang or be gone. */
final class BlockingStatVfs implements StatVfs {
  static final Blocks BLOCKS = new Blocks(4096, 100, 40, 30);

  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Set<String> hanging = new HashSet<>();
  private final Set<String> gone = new HashSet<>();
  private final List<String> asked = new ArrayList<>();
  private int waiting;

  @Override
  public synchronized Optional<Blocks> ask(byte[] path) {
    String text = new String(path, 0, path.length - 1, StandardCharsets.UTF_8);
    asked.add(text);
    waiting++;
    notifyAll();
    try {
      while (hanging.contains(text)) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      waiting--;
      notifyAll();
    }
    return gone.contains(text) ? Optional.empty() : Optional.of(BLOCKS);
  }

  synchronized void hang(String path) {
    hanging.add(path);
  }

  synchronized void answer(String path) {
    hanging.remove(path);
    notifyAll();
  }

  synchronized void remove(String path) {
    gone.add(path);
  }

  /** Every path that was asked, in order, since the last call. */
  synchronized List<String> asked() {
    List<String> all = List.copyOf(asked);
    asked.clear();
    return all;
  }

  /** Waits until so many questions are unanswered. */
  synchronized void awaitWaiting(int count) throws InterruptedException {
    long end = System.nanoTime() + LONGEST_NANOS;
    while (waiting != count) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError(waiting + " questions are unanswered, not " + count);
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }
}
