package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.internal.jna.StatVfs;
import com.limiquantix.agent.handlers.internal.jna.StatVfs.Blocks;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Asks filesystems that may never answer, each for no longer than its patience. One that owes an
 * answer is not asked again until it has given it, so a server that is gone takes one thread for
 * each mount of its own, up to {@link #MAX_THREADS}; while all are taken, none of these filesystems
 * is asked. Threads are daemons and end soon after their work. One thread at a time may call.
 */
final class PatientStatVfs implements AutoCloseable {
  /** Questions under way at a time. */
  static final int MAX_THREADS = 16;

  /**
   * Questions without an answer, those of mounts that are gone among them. More than the mounts of
   * a report, so that it matters only after many mounts came and went while nothing answers.
   */
  static final int MAX_OPEN = 2 * MountInfo.MAX_MOUNTS;

  private static final long IDLE_SECONDS = 1;
  private static final long STACK_BYTES = 256 * 1024;

  private final StatVfs statVfs;
  private final long patienceNanos;
  private final Map<Mount, Question> open = new HashMap<>();
  private final ThreadPoolExecutor threads;

  /**
   * @param patience how long after {@link #ask} an answer is waited for
   */
  PatientStatVfs(StatVfs statVfs, Duration patience) {
    this.statVfs = statVfs;
    patienceNanos = patience.toNanos();
    threads =
        new ThreadPoolExecutor(
            MAX_THREADS,
            MAX_THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            PatientStatVfs::daemon);
    threads.allowCoreThreadTimeOut(true);
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(null, task, "agent-statvfs", STACK_BYTES);
    thread.setDaemon(true);
    return thread;
  }

  /** Asks those of {@code mounts} that may hang and owe no answer; does not wait. */
  void ask(List<Mount> mounts) {
    for (Iterator<Question> earlier = open.values().iterator(); earlier.hasNext(); ) {
      if (earlier.next().isAnswered()) {
        earlier.remove();
      }
    }
    for (Mount mount : mounts) {
      if (mount.mayHang() && !open.containsKey(mount) && open.size() < MAX_OPEN) {
        Question question = new Question(mount.path(), System.nanoTime() + patienceNanos);
        open.put(mount, question);
        threads.execute(question);
      }
    }
  }

  /** The answer of a mount that was asked; empty if it has none or does not give it in time. */
  Optional<Blocks> answer(Mount mount) {
    Question question = open.get(mount);
    return question == null ? Optional.empty() : question.await();
  }

  /** Asks nothing more. A thread that waits for an answer stays until it comes. */
  @Override
  public void close() {
    threads.shutdown();
  }

  private final class Question implements Runnable {
    private final byte[] path;
    private final long deadlineNanos;
    private final CountDownLatch answered = new CountDownLatch(1);
    private Optional<Blocks> answer = Optional.empty();

    Question(byte[] path, long deadlineNanos) {
      this.path = path;
      this.deadlineNanos = deadlineNanos;
    }

    @Override
    public void run() {
      try {
        answer = statVfs.ask(path);
      } finally {
        answered.countDown();
      }
    }

    boolean isAnswered() {
      return answered.getCount() == 0;
    }

    Optional<Blocks> await() {
      try {
        long left = Math.max(0, deadlineNanos - System.nanoTime());
        return answered.await(left, TimeUnit.NANOSECONDS) ? answer : Optional.empty();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
    }
  }
}
