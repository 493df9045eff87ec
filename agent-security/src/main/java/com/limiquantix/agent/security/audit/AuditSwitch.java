package com.limiquantix.agent.security.audit;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The audit of an agent, which a changed configuration may turn on and off while the agent runs.
 * Thread-safe.
 */
public final class AuditSwitch implements AutoCloseable {
  /**
   * How calls are recorded.
   *
   * @param signsOfLife whether ping, capabilities and health are recorded too
   * @param required whether calls are refused while they cannot be recorded
   */
  public record Mode(boolean signsOfLife, boolean required) {}

  /** Audit as it is on now. */
  record Active(AuditLog log, Mode mode) {}

  private final AuditSettings settings;
  private final Clock clock;
  private final Supplier<List<AuditSink>> sinks;
  private volatile @Nullable Active active;
  private boolean closed;

  /**
   * Off at first.
   *
   * @param clock for the times of records
   * @param sinks where else records go; asked for whenever audit is turned on
   */
  public AuditSwitch(AuditSettings settings, Clock clock, Supplier<List<AuditSink>> sinks) {
    this.settings = settings;
    this.clock = clock;
    this.sinks = sinks;
  }

  /** Turns audit on, or changes how it is done. Does not wait for the file. */
  public synchronized void on(Mode mode) {
    if (closed) {
      return;
    }
    Active before = active;
    AuditLog log = before == null ? AuditLog.start(settings, clock, sinks.get()) : before.log();
    active = new Active(log, mode);
  }

  /** Turns audit off; waits at most 200 ms for what is not written yet. */
  public synchronized void off() {
    Active before = active;
    active = null;
    if (before != null) {
      before.log().close();
    }
  }

  @Nullable Active active() {
    return active;
  }

  /** The last record that was written; empty while audit is off or nothing could be written yet. */
  public Optional<ChainHead> head() {
    Active now = active;
    return now == null ? Optional.empty() : now.log().head();
  }

  /** Turns audit off for good. */
  @Override
  public synchronized void close() {
    closed = true;
    off();
  }
}
