package com.limiquantix.agent.app.health;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.handlers.health.HealthHandler;
import com.limiquantix.agent.handlers.telemetry.TelemetryFeed;
import com.limiquantix.agent.transport.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of one agent: what is watched, and the service that tells how it is.
 *
 * <p>Life: what is to be watched is named first, by one thread; then {@link #start} once. The rest
 * is thread-safe.
 */
public final class AgentHealth implements AutoCloseable {
  private final HandlerWatch handlers;
  private final HealthHandler service = new HealthHandler(this::standstill);
  private final List<HealthCheck> checks = new ArrayList<>();
  private volatile @Nullable SelfCheck self;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  public AgentHealth(LongSupplier nanoTime) {
    this.handlers = new HandlerWatch(nanoTime);
    checks.add(handlers);
  }

  /** To be passed by every call on its way to its handler. */
  public HandlerWatch handlers() {
    return handlers;
  }

  /** Tells hosts how the agent is. */
  public HealthHandler service() {
    return service;
  }

  /**
   * Watches whether telemetry comes.
   *
   * @param limitSecs the longest silence that is no fault, in seconds; may change
   */
  public void watchTelemetry(TelemetryFeed feed, LongSupplier limitSecs) {
    checks.add(new TelemetryCheck(feed, limitSecs));
  }

  /** Watches whether calls find a worker. */
  public void watchWorkers(ThreadPoolExecutor workers) {
    checks.add(new WorkerCheck(workers));
  }

  /** Watches whether a thread of links gets round to its tasks. */
  public void watchLinks(Executor loop) {
    checks.add(new LinkCheck(loop));
  }

  /**
   * Begins to look.
   *
   * @param settings asked each time
   */
  public void start(Timers timers, Supplier<AgentConfig.Health> settings, HealthReport report) {
    SelfCheck check = new SelfCheck(timers, settings, checks, report);
    check.settingsChanged();
    self = check;
  }

  /** To be called when the settings have changed. */
  public void settingsChanged() {
    SelfCheck check = self;
    if (check != null) {
      check.settingsChanged();
    }
  }

  private Optional<String> standstill() {
    SelfCheck check = self;
    return check == null ? Optional.empty() : check.standstill();
  }

  /** Looks no more, and tells who watches that nothing is served. */
  @Override
  public void close() {
    SelfCheck check = self;
    if (check != null) {
      check.close();
    }
    service.close();
  }
}
