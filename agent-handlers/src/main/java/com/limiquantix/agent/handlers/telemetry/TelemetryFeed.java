package com.limiquantix.agent.handlers.telemetry;

import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ErrorSeverity;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings telemetry to whoever wants it, to each at its own interval. The guest is read on a worker,
 * by one at a time; one reading serves all whose turn has come. While nobody listens nothing runs.
 * Thread-safe.
 */
public final class TelemetryFeed implements AutoCloseable {
  /** Code of the event that tells that there is no telemetry. */
  static final String FAILED = "TELEMETRY_FAILED";

  private static final Logger LOG = LoggerFactory.getLogger(TelemetryFeed.class);

  private final TelemetrySource source;
  private final ScheduledExecutorService scheduler;
  private final Executor workers;
  private final LongSupplier nanoTime;
  private final Supplier<Duration> usualInterval;
  private final Consumer<ErrorEvent> errors;
  private final Runnable wake = new Wake();
  private final Runnable work = new Work();

  private final Object lock = new Object();
  private final List<Registration> registered = new ArrayList<>();
  private @Nullable ScheduledFuture<?> timer;
  private boolean working;
  private boolean failing;
  private boolean closed;

  /**
   * @param source read and closed by this feed alone
   * @param scheduler keeps the time; its tasks never block
   * @param workers read the guest and call listeners
   * @param nanoTime as {@link System#nanoTime}
   * @param usualInterval of listeners that name none; may change, see {@link #intervalChanged}
   * @param errors told when readings begin to fail; must not wait
   */
  public TelemetryFeed(
      TelemetrySource source,
      ScheduledExecutorService scheduler,
      Executor workers,
      LongSupplier nanoTime,
      Supplier<Duration> usualInterval,
      Consumer<ErrorEvent> errors) {
    this.source = source;
    this.scheduler = scheduler;
    this.workers = workers;
    this.nanoTime = nanoTime;
    this.usualInterval = usualInterval;
    this.errors = errors;
  }

  /**
   * Calls {@code listener} with a report at once and then at the usual interval, on workers, one
   * call at a time. The CPU usage in a report is that since the listener's report before.
   *
   * @param listener must not wait
   */
  public Registration listen(Consumer<TelemetryReport> listener) {
    return add(new Registration(this, listener, null));
  }

  /** The same at an interval of the listener's own, more than 0. */
  public Registration listen(Consumer<TelemetryReport> listener, Duration interval) {
    return add(new Registration(this, listener, interval));
  }

  private Registration add(Registration added) {
    boolean start;
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      added.begin(now);
      if (!closed) {
        registered.add(added);
      }
      start = !closed && !working;
      working |= start;
    }
    if (start) {
      start();
    }
    return added;
  }

  private void start() {
    try {
      workers.execute(work);
    } catch (RejectedExecutionException e) {
      failed(e);
      while (!takeTurns().isEmpty()) {}
    }
  }

  /**
   * Whether somebody who listens has had no report for longer than {@code limitNanos} and, with an
   * interval of its own, than two of those. While nobody listens that is never so.
   *
   * @param limitNanos 0 or more
   * @param sinceNanos by this feed's nanoTime; silence before that does not count
   */
  public boolean isSilent(long limitNanos, long sinceNanos) {
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      for (int i = 0; i < registered.size(); i++) {
        if (registered.get(i).silentNanos(now, sinceNanos)
            > Math.max(limitNanos, registered.get(i).twoOwnIntervalsNanos())) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * To be called when the usual interval has changed. A shorter one counts from the last report on,
   * a longer one from the next report on.
   */
  public void intervalChanged() {
    synchronized (lock) {
      for (Registration one : registered) {
        one.hasten(usualInterval.get());
      }
      if (!working) {
        setTimer();
      }
    }
  }

  void remove(Registration ended) {
    synchronized (lock) {
      registered.remove(ended);
      if (registered.isEmpty()) {
        setTimer();
      }
    }
  }

  /** Ends all reports. */
  @Override
  public void close() {
    boolean idle;
    synchronized (lock) {
      idle = !working && !closed;
      closed = true;
      registered.clear();
      setTimer();
    }
    if (idle) {
      source.close();
    }
  }

  /** Sets the one timer to the earliest turn, if anybody listens. Under the lock. */
  private void setTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    if (registered.isEmpty()) {
      return;
    }
    long now = nanoTime.getAsLong();
    long shortest = Long.MAX_VALUE;
    for (Registration one : registered) {
      shortest = Math.min(shortest, one.dueIn(now));
    }
    timer = scheduler.schedule(wake, Math.max(0, shortest), TimeUnit.NANOSECONDS);
  }

  /** Whose turn it is; with nobody the work is over. */
  private List<Registration> takeTurns() {
    List<Registration> turns = new ArrayList<>();
    boolean over;
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      for (Registration one : registered) {
        if (one.dueIn(now) <= 0) {
          one.takeTurn(now, usualInterval.get());
          turns.add(one);
        }
      }
      working = !turns.isEmpty();
      over = closed && !working;
      if (!working) {
        setTimer();
      }
    }
    if (over) {
      source.close();
    }
    return turns;
  }

  private void report(List<Registration> turns) {
    TelemetryReport.Builder report = TelemetryReport.newBuilder();
    CpuTimes cpu;
    try {
      cpu = source.sample(report);
    } catch (IOException | RuntimeException e) {
      failed(e);
      return;
    }
    boolean recovered;
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      for (Registration one : turns) {
        one.reported(now);
      }
      recovered = failing;
      failing = false;
    }
    if (recovered) {
      LOG.info("telemetry can be read again");
    }
    for (Registration one : turns) {
      try {
        one.tell(report, cpu);
      } catch (RuntimeException e) {
        LOG.error("a listener of telemetry failed", e);
      }
    }
  }

  /** Tells of the first failure in a row; what follows it every interval would tell nothing new. */
  private void failed(Exception fault) {
    synchronized (lock) {
      if (failing) {
        return;
      }
      failing = true;
    }
    LOG.error("telemetry cannot be read; it is tried again at every interval", fault);
    errors.accept(
        ErrorEvent.newBuilder()
            .setSeverity(ErrorSeverity.ERROR_SEVERITY_ERROR)
            .setCode(FAILED)
            .setMessage(
                "there is no telemetry, because the guest cannot be read; it is tried again at"
                    + " every interval: "
                    + fault.getMessage())
            .build());
  }

  /** On the scheduler's thread: hands over to a worker. */
  private final class Wake implements Runnable {
    @Override
    public void run() {
      synchronized (lock) {
        if (working || registered.isEmpty()) {
          return;
        }
        working = true;
      }
      start();
    }
  }

  /** On a worker: reports as long as it is somebody's turn. */
  private final class Work implements Runnable {
    @Override
    public void run() {
      boolean over = false;
      try {
        for (List<Registration> turns = takeTurns(); !turns.isEmpty(); turns = takeTurns()) {
          report(turns);
        }
        over = true;
      } finally {
        if (!over) {
          // Out of memory, say: the next turn is tried all the same, that of those who came
          // meanwhile
          // included.
          while (!takeTurns().isEmpty()) {}
        }
      }
    }
  }
}
