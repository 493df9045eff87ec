package com.limiquantix.agent.app.health;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.handlers.health.HealthHandler;
import com.limiquantix.agent.transport.Timers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the agent every {@code health.interval_secs} and tells of what has changed. It only
 * tells: whether a service manager starts the agent anew is the watchdog's affair, which takes no
 * notice of this.
 *
 * <p>A turn that comes late is not held against anybody: the VM may have been stopped, and no
 * handler could go on meanwhile. Nothing is judged in that turn, and what was before it does not
 * count later. Only turns that are late one after the other are a problem of their own.
 *
 * <p>Thread-safe. All is done on the thread that keeps time.
 */
final class SelfCheck implements AutoCloseable {
  /** Later than that no thread that only keeps time is, unless it did not get to run. */
  static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final Logger LOG = LoggerFactory.getLogger(SelfCheck.class);

  /** Who hears of changes; on the thread that keeps time. */
  public interface Listener {
    /**
     * Something else is wrong than before.
     *
     * @param problems reasons by service; empty if nothing is wrong any more
     */
    void onChange(Map<String, String> problems);

    /** Nobody looks any more. What was wrong last may still be. */
    void onUnwatched();
  }

  private final Timers timers;
  private final Supplier<AgentConfig.Health> settings;
  private final List<HealthCheck> checks;
  private final Listener listener;
  private final Problems found = new Problems();
  private final Runnable turn = this::turn;
  private final Runnable begin = this::begin;

  private volatile boolean watching;
  private volatile boolean closed;
  private volatile long dueNanos;

  private Timers.Timer next = () -> {};
  private Map<String, String> known = Map.of();
  private long sinceNanos;
  private int lateTurns;

  /**
   * @param settings asked at each turn
   * @param checks looked at in this order
   */
  public SelfCheck(
      Timers timers,
      Supplier<AgentConfig.Health> settings,
      List<HealthCheck> checks,
      Listener listener) {
    this.timers = timers;
    this.settings = settings;
    this.checks = List.copyOf(checks);
    this.listener = listener;
  }

  /** Begins, or goes by what the settings are now. */
  public void settingsChanged() {
    timers.schedule(begin, 0);
  }

  private void begin() {
    next.cancel();
    if (closed) {
      return;
    }
    boolean enabled = settings.get().enabled();
    if (enabled) {
      if (!watching) {
        sinceNanos = timers.nanoTime();
        lateTurns = 0;
      }
      scheduleNext();
    } else if (watching) {
      known = Map.of();
      listener.onUnwatched();
    }
    watching = enabled;
  }

  private void scheduleNext() {
    long interval = TimeUnit.SECONDS.toNanos(settings.get().intervalSecs());
    dueNanos = timers.nanoTime() + interval;
    next = timers.schedule(turn, interval);
  }

  private void turn() {
    if (closed) {
      return;
    }
    try {
      look(timers.nanoTime());
    } catch (RuntimeException e) {
      found.take();
      LOG.error("the agent could not look at itself", e);
    } finally {
      scheduleNext();
    }
  }

  private void look(long now) {
    long late = now - dueNanos;
    if (late > LATE_NANOS) {
      sinceNanos = now;
      if (lateTurns++ == 0) {
        LOG.warn(
            "the agent did not get to run for {} s: the VM was stopped or had no processor",
            TimeUnit.NANOSECONDS.toSeconds(late));
        return;
      }
      found.add(
          HealthHandler.AGENT,
          "timers are late again and again: the VM gets too little of a processor");
    } else {
      lateTurns = 0;
    }
    for (int i = 0; i < checks.size(); i++) {
      checks.get(i).look(now, sinceNanos, found);
    }
    Map<String, String> problems = found.take();
    if (!problems.equals(known)) {
      known = problems;
      listener.onChange(problems);
    }
  }

  /**
   * Why there is no telling how the agent is, or empty: whether the thread that should have looked
   * did not get to it. Any thread.
   */
  public Optional<String> standstill() {
    if (!watching || closed || timers.nanoTime() - dueNanos <= 2 * LATE_NANOS) {
      return Optional.empty();
    }
    return Optional.of(
        "the thread that keeps time has not got round to its tasks for more than "
            + TimeUnit.NANOSECONDS.toSeconds(2 * LATE_NANOS)
            + " s");
  }

  /** Looks no more. Tells nobody of that. */
  @Override
  public void close() {
    closed = true;
    timers.schedule(begin, 0);
  }
}
