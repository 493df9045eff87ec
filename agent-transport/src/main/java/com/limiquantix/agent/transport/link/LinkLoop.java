package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One daemon thread that waits on any number of descriptors by epoll(7) and calls the listeners of
 * their links. Linux on 64-bit processors.
 *
 * <p>Every callback of every link of a loop, and every task given to {@link #execute}, runs in the
 * loop's thread, one after the other: none may block. A listener that throws loses its link, not
 * the loop.
 */
public final class LinkLoop implements Executor, AutoCloseable {
  /** Bytes of the one buffer that all links of the loop read into. */
  static final int READ_BUFFER_BYTES = 64 * 1024;

  /** Bytes of a buffer through which heap memory is written. */
  static final int WRITE_BUFFER_BYTES = 64 * 1024;

  /** A virtio port gives no more at once (fill_readbuf of drivers/char/virtio_console.c). */
  static final int PAGE_BYTES = 4 * 1024;

  private static final int PAGES = READ_BUFFER_BYTES / PAGE_BYTES;

  private static final int POOLED_WRITE_BUFFERS = 4;
  private static final int EVENTS_PER_TURN = 256;
  private static final int TASKS_PER_TURN = 1024;
  private static final long CLOSE_WAIT_MILLIS = 5_000;
  private static final long WAKE_TOKEN = -1;

  /** How a loop waits for the next thing to do. */
  public enum Waiting {
    /** In the kernel, at no cost: for whoever shares its processors with other people's work. */
    ASLEEP,

    /**
     * As {@link #ASLEEP}, but after a row of short waits the loop polls for up to 200 µs before it
     * sleeps, and yields its processor meanwhile to any thread that wants it. Spares calls that
     * follow each other the waking of this thread. Where the process may use one processor only
     * this is the same as {@link #ASLEEP}.
     */
    POLLING_BRIEFLY
  }

  private final Posix posix;
  private final Thread thread;
  private final Thread.UncaughtExceptionHandler uncaught;
  private final Fd epoll;
  private final Fd wakeUp;
  private final ByteBuffer events;
  private final long eventsAddress;
  private final ByteBuffer readBuffer =
      ByteBuffer.allocateDirect(READ_BUFFER_BYTES).order(ByteOrder.BIG_ENDIAN);
  private final long readAddress;
  private final long pagesAddress;
  private final ByteBuffer pages =
      ByteBuffer.allocateDirect(PAGES * 2 * Long.BYTES).order(ByteOrder.nativeOrder());
  private final ByteBuffer wakeBuffer;
  private final long wakeAddress;
  private final ArrayBlockingQueue<ByteBuffer> writeBuffers =
      new ArrayBlockingQueue<>(POOLED_WRITE_BUFFERS);

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean wakePending = new AtomicBoolean();
  private volatile boolean closing;
  private volatile boolean ended;

  /** All that must end with the loop, watched yet or not. Guards itself and {@link #sealed}. */
  private final Set<Watched> members = new HashSet<>();

  private boolean sealed;

  // Of the loop's thread only.
  private @Nullable Watched[] watchedByNumber = new Watched[64];
  private int generations;
  private final @Nullable BriefPolling polling;

  private LinkLoop(
      Posix posix, String threadName, Thread.UncaughtExceptionHandler uncaught, Waiting waiting)
      throws IOException {
    this.posix = posix;
    polling =
        waiting == Waiting.POLLING_BRIEFLY && Runtime.getRuntime().availableProcessors() > 1
            ? new BriefPolling()
            : null;
    this.uncaught = uncaught;
    events =
        ByteBuffer.allocateDirect(EVENTS_PER_TURN * posix.epollEventSize())
            .order(ByteOrder.nativeOrder());
    eventsAddress = posix.addressOf(events);
    readAddress = posix.addressOf(readBuffer);
    pagesAddress = posix.addressOf(pages);
    for (int i = 0; i < PAGES; i++) {
      pages.putLong(readAddress + (long) i * PAGE_BYTES).putLong(PAGE_BYTES);
    }
    wakeBuffer = ByteBuffer.allocateDirect(2 * Long.BYTES).order(ByteOrder.nativeOrder());
    wakeBuffer.putLong(0, 1);
    wakeAddress = posix.addressOf(wakeBuffer);
    epoll = new Fd(posix, checked("epoll_create1", posix.epollCreate()));
    try {
      wakeUp = new Fd(posix, checked("eventfd", posix.eventFd()));
    } catch (IOException e) {
      epoll.close();
      throw e;
    }
    int added =
        posix.epollControl(
            epoll.number(), Posix.EPOLL_CTL_ADD, wakeUp.number(), Posix.EPOLLIN, WAKE_TOKEN);
    if (added < 0) {
      wakeUp.close();
      epoll.close();
      throw failure("epoll_ctl", added);
    }
    thread = new Thread(this::run, threadName);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler(uncaught);
  }

  /** Starts a loop that waits {@link Waiting#ASLEEP}; otherwise as the other one. */
  public static LinkLoop start(String threadName, Thread.UncaughtExceptionHandler uncaught)
      throws IOException {
    return start(threadName, uncaught, Waiting.ASLEEP);
  }

  /**
   * Starts a loop.
   *
   * @param threadName name of its thread, for thread dumps
   * @param uncaught hears what listeners and tasks throw, in the loop's thread; it should log
   * @param waiting how it waits for the next thing to do
   * @throws IOException if the system has no descriptors or memory left
   * @throws UnsupportedOperationException unless this is Linux on a 64-bit processor
   */
  public static LinkLoop start(
      String threadName, Thread.UncaughtExceptionHandler uncaught, Waiting waiting)
      throws IOException {
    return start(Posix.libc(), threadName, uncaught, waiting);
  }

  static LinkLoop start(Posix posix, String threadName, Thread.UncaughtExceptionHandler uncaught)
      throws IOException {
    return start(posix, threadName, uncaught, Waiting.ASLEEP);
  }

  private static LinkLoop start(
      Posix posix, String threadName, Thread.UncaughtExceptionHandler uncaught, Waiting waiting)
      throws IOException {
    LinkLoop loop = new LinkLoop(posix, threadName, uncaught, waiting);
    loop.thread.start();
    return loop;
  }

  private static int checked(String call, int result) throws IOException {
    if (result < 0) {
      throw failure(call, result);
    }
    return result;
  }

  private static IOException failure(String call, int result) {
    return new IOException("Cannot start a link loop: " + call + ": " + Errno.describe(-result));
  }

  /**
   * Runs {@code task} in the loop's thread, after those given before and never from within this
   * call. Any thread. What it throws goes to the loop's handler.
   *
   * @throws RejectedExecutionException if the loop has ended
   */
  @Override
  public void execute(Runnable task) {
    if (!offer(task)) {
      throw new RejectedExecutionException("The loop " + thread.getName() + " is closed");
    }
  }

  /** Like {@link #execute}, but false if the loop has ended and the task will not run. */
  boolean offer(Runnable task) {
    if (ended) {
      return false;
    }
    tasks.add(task);
    // The loop empties its tasks after it has set ended: either it ran this one, or we take it
    // back.
    if (ended) {
      return !tasks.remove(task);
    }
    if (!inLoop()) {
      wake();
    }
    return true;
  }

  /** Whether the calling thread is the loop's. */
  public boolean inLoop() {
    return Thread.currentThread() == thread;
  }

  /** How many links and listeners live on this loop. */
  public int size() {
    synchronized (members) {
      return members.size();
    }
  }

  /**
   * Closes all links and listeners of the loop and ends its thread; a listener of a link hears
   * {@link LinkListener#onClosed} before this returns. Waits up to five seconds for a callback that
   * is running, unless called from one.
   */
  @Override
  public void close() {
    closing = true;
    if (inLoop()) {
      return;
    }
    wake();
    try {
      thread.join(CLOSE_WAIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void wake() {
    if (!wakePending.compareAndSet(false, true) || !wakeUp.acquire()) {
      return;
    }
    try {
      int written;
      do {
        written = posix.write(wakeUp.number(), wakeAddress, Long.BYTES);
      } while (written == -Errno.EINTR);
      // EAGAIN means that the counter is at its limit, hence readable: awake already.
    } finally {
      wakeUp.release();
    }
  }

  Posix posix() {
    return posix;
  }

  void report(Throwable thrown) {
    try {
      uncaught.uncaughtException(thread, thrown);
    } catch (Throwable second) {
      second.addSuppressed(thrown);
      ThreadGroup group = thread.getThreadGroup();
      if (group != null) {
        group.uncaughtException(thread, second);
      }
    }
  }

  /** Makes {@code member} end with the loop. Any thread. */
  void adopt(Watched member) throws IOException {
    synchronized (members) {
      if (sealed || closing) {
        throw new IOException(
            "The loop " + thread.getName() + " is closed; use one that is running");
      }
      members.add(member);
    }
  }

  void forget(Watched member) {
    synchronized (members) {
      members.remove(member);
    }
  }

  /** Begins to wait on {@code member}. In the loop's thread. */
  void watch(Watched member, int interest) throws IOException {
    int number = member.fd.number();
    if (number >= watchedByNumber.length) {
      watchedByNumber = Arrays.copyOf(watchedByNumber, Math.max(number + 1, 2 * number));
    }
    member.generation = ++generations & Integer.MAX_VALUE;
    int result = control(Posix.EPOLL_CTL_ADD, member, interest);
    if (result < 0) {
      throw new IOException(
          "Cannot wait on "
              + member
              + ": epoll_ctl: "
              + Errno.describe(-result)
              + (result == -Errno.EPERM ? "; files of this kind cannot be waited on" : ""));
    }
    watchedByNumber[number] = member;
  }

  /**
   * Changes what a member waits for. Any thread, but one at a time and not after {@link #unwatch}.
   */
  void rewatch(Watched member, int interest) {
    control(Posix.EPOLL_CTL_MOD, member, interest);
  }

  /** Ends the wait on {@code member}, if it began. In the loop's thread. */
  void unwatch(Watched member) {
    int number = member.fd.number();
    if (number < watchedByNumber.length && watchedByNumber[number] == member) {
      watchedByNumber[number] = null;
      control(Posix.EPOLL_CTL_DEL, member, 0);
    }
  }

  private int control(int operation, Watched member, int interest) {
    if (!member.fd.acquire()) {
      return -Errno.EBADF;
    }
    try {
      if (!epoll.acquire()) {
        return -Errno.EBADF;
      }
      try {
        long token = (long) member.generation << Integer.SIZE | member.fd.number();
        return posix.epollControl(epoll.number(), operation, member.fd.number(), interest, token);
      } finally {
        epoll.release();
      }
    } finally {
      member.fd.release();
    }
  }

  /** Reads into the shared buffer. In the loop's thread; no EINTR. */
  int readFrom(Fd fd) {
    int result;
    do {
      result = posix.read(fd.number(), readAddress, READ_BUFFER_BYTES);
    } while (result == -Errno.EINTR);
    return result;
  }

  /**
   * Reads into the shared buffer from what gives a page at most for each part of it. In the loop's
   * thread; no EINTR.
   */
  int readPagesFrom(Fd fd) {
    int result;
    do {
      result = posix.readv(fd.number(), pagesAddress, PAGES);
    } while (result == -Errno.EINTR);
    return result;
  }

  /** The first {@code length} bytes of the shared buffer; good until the next read. */
  ByteBuffer filled(int length) {
    return readBuffer.clear().limit(length).order(ByteOrder.BIG_ENDIAN);
  }

  /** A direct buffer for one write, to be given back. */
  ByteBuffer borrowWriteBuffer() {
    ByteBuffer pooled = writeBuffers.poll();
    return pooled != null ? pooled : ByteBuffer.allocateDirect(WRITE_BUFFER_BYTES);
  }

  void giveBack(ByteBuffer buffer) {
    writeBuffers.offer(buffer.clear());
  }

  private void run() {
    try {
      while (!closing) {
        turn();
      }
    } catch (Throwable t) {
      report(t);
    } finally {
      end();
    }
  }

  private void turn() throws IOException {
    int count = tasks.isEmpty() ? await() : look(0);
    if (count < 0 && count != -Errno.EINTR) {
      throw new IOException("epoll_wait: " + Errno.describe(-count));
    }
    for (int i = 0; i < count && !closing; i++) {
      dispatch(posix.epollToken(events, i), posix.epollEvents(events, i));
    }
    runTasks(TASKS_PER_TURN);
  }

  /** Waits for as long as nothing happens. */
  private int await() {
    if (polling == null) {
      return look(-1);
    }
    long begin = System.nanoTime();
    int count = polling.isWorthwhile() ? poll(begin) : 0;
    if (count == 0) {
      count = look(-1);
    }
    polling.waited(System.nanoTime() - begin);
    return count;
  }

  // The yield is not for correctness: it lets whoever waits for this processor go first.
  @SuppressWarnings("ThreadPriorityCheck")
  private int poll(long begin) {
    int count = look(0);
    while (count == 0 && System.nanoTime() - begin < BriefPolling.WINDOW_NANOS) {
      Thread.yield();
      count = look(0);
    }
    return count;
  }

  private int look(int timeoutMillis) {
    return posix.epollWait(epoll.number(), eventsAddress, EVENTS_PER_TURN, timeoutMillis);
  }

  private void dispatch(long token, int ready) {
    if (token == WAKE_TOKEN) {
      posix.read(wakeUp.number(), wakeAddress + Long.BYTES, Long.BYTES);
      wakePending.set(false);
      return;
    }
    Watched member = watchedByNumber[(int) token];
    if (member == null || member.generation != (int) (token >>> Integer.SIZE)) {
      return;
    }
    try {
      member.onReady(ready);
    } catch (Throwable t) {
      report(t);
    }
  }

  private void runTasks(int limit) {
    for (int i = 0; i < limit; i++) {
      Runnable task = tasks.poll();
      if (task == null) {
        return;
      }
      try {
        task.run();
      } catch (Throwable t) {
        report(t);
      }
    }
  }

  private void end() {
    closing = true;
    List<Watched> last;
    synchronized (members) {
      sealed = true;
      last = new ArrayList<>(members);
    }
    for (Watched member : last) {
      try {
        member.onLoopClosing();
      } catch (Throwable t) {
        report(t);
      }
    }
    ended = true;
    runTasks(Integer.MAX_VALUE);
    wakeUp.close();
    epoll.close();
  }

  /**
   * Runs the last word of a link whose loop has ended: its listener was given too late, and no
   * thread is left that may call it.
   */
  void afterEnd(Runnable task) {
    Thread last = new Thread(task, thread.getName() + "-ended");
    last.setDaemon(true);
    last.setUncaughtExceptionHandler(uncaught);
    last.start();
  }
}
