package com.limiquantix.agent.security.audit;

import com.limiquantix.agent.security.record.FileTarget;
import com.limiquantix.agent.security.record.NumberedFiles;
import com.limiquantix.agent.security.record.RecordQueue;
import com.limiquantix.agent.security.record.RecordWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log while it is on. Whoever adds a record never waits: one daemon thread writes. While
 * the file cannot be written, or its filesystem is frozen, records wait in a bounded queue; what it
 * cannot hold is lost, and a record in the chain tells how many as soon as there can be one.
 * Thread-safe.
 */
final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  /** About 2,000 records, and a fiftieth of the heap that the shipped agent gets. */
  static final int QUEUE_BYTES = 1 << 20;

  /**
   * How long a record may wait for the thread that writes to look again. To wake it for every
   * record would cost the call that is recorded more than all else.
   */
  private static final Duration LINGER = Duration.ofMillis(20);

  /** Records that are written at once, if so many wait. */
  private static final int BATCH_BYTES = 1 << 16;

  /** A service that is told to end has two seconds for everything. */
  private static final Duration CLOSING = Duration.ofMillis(200);

  private final RecordQueue queue = new RecordQueue(QUEUE_BYTES, LINGER);
  private final Clock clock;
  private final ChainTarget chain;
  private final RecordWriter writer;

  private AuditLog(Clock clock, AuditSettings settings, List<AuditSink> sinks, Duration retry) {
    this.clock = clock;
    NumberedFiles files = new NumberedFiles(settings.file(), settings.maxFiles());
    FileTarget file =
        new FileTarget(
            files,
            settings.maxBytes(),
            FileTarget.Care.STRICT,
            (unused, sentence) -> LOG.warn("the audit log {}", sentence));
    this.chain =
        new ChainTarget(files, file, found -> AuditJson.started(clock.instant(), found), sinks);
    this.writer =
        new RecordWriter(
            queue,
            chain,
            (loss, reason) -> AuditJson.lost(clock.instant(), loss, reason),
            retry,
            BATCH_BYTES,
            "agent-audit");
  }

  /** Begins to write; the file is opened by the thread that writes. */
  static AuditLog start(AuditSettings settings, Clock clock, List<AuditSink> sinks) {
    return start(settings, clock, sinks, RecordWriter.RETRY);
  }

  /**
   * As {@link #start(AuditSettings, Clock, List)}.
   *
   * @param retry time between two attempts while writing fails
   */
  static AuditLog start(
      AuditSettings settings, Clock clock, List<AuditSink> sinks, Duration retry) {
    AuditLog log = new AuditLog(clock, settings, sinks, retry);
    log.writer.start();
    return log;
  }

  /**
   * Adds a record.
   *
   * @param body made by {@link AuditJson}
   */
  void add(byte[] body, Instant at) {
    queue.add(body, at);
  }

  /** The last record that was written; empty before the first. */
  Optional<ChainHead> head() {
    return Optional.ofNullable(chain.head());
  }

  /** Why records are not being written now; null if they are. */
  @Nullable String fault() {
    String failing = writer.failing();
    return failing == null && queue.isLosing() ? "it has not been writable for too long" : failing;
  }

  /** How many records were lost since the start. */
  long lost() {
    return queue.lost();
  }

  /** Writes what waits and a last record, for at most 200 ms, and ends. */
  @Override
  public void close() {
    Instant now = clock.instant();
    queue.add(AuditJson.stopped(now), now);
    writer.close(CLOSING);
    if (queue.lost() > 0) {
      LOG.warn("{} audit records were lost because they could not be written", queue.lost());
    }
  }
}
