package com.limiquantix.agent.app;

import com.google.protobuf.ByteString;
import com.limiquantix.agent.app.audit.AuditSinks;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.FailureMode;
import com.limiquantix.agent.protocol.v2.AuditHead;
import com.limiquantix.agent.protocol.v2.AuditRecord;
import com.limiquantix.agent.security.audit.AuditInterceptor;
import com.limiquantix.agent.security.audit.AuditSettings;
import com.limiquantix.agent.security.audit.AuditSwitch;
import com.limiquantix.agent.security.audit.ChainHead;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Audit as the configuration wants it, and as hosts are told of it. Thread-safe. */
final class AgentAudit implements AutoCloseable {
  private final Clock clock;
  private final AuditSwitch recorder;

  /**
   * Off until {@link #apply}.
   *
   * @param toHost tells hosts that have subscribed; must not block
   */
  AgentAudit(AgentConfig.Audit config, Clock clock, Consumer<AuditRecord> toHost) {
    this.clock = clock;
    AuditSettings settings =
        new AuditSettings(config.file(), config.maxSizeBytes(), config.maxFiles());
    this.recorder =
        new AuditSwitch(
            settings, clock, () -> AuditSinks.of(config, record -> toHost.accept(message(record))));
  }

  /** Turns audit on or off. */
  void apply(AgentConfig config) {
    if (config.security().auditLogging()) {
      boolean required = config.audit().failure() == FailureMode.REFUSE;
      recorder.on(new AuditSwitch.Mode(config.audit().signsOfLife(), required));
    } else {
      recorder.off();
    }
  }

  /** What records calls. */
  AuditInterceptor interceptor(LongSupplier nanoTime) {
    return new AuditInterceptor(recorder, clock, nanoTime);
  }

  /** The last record; empty while there is none. */
  Optional<AuditHead> head() {
    return recorder.head().map(AgentAudit::message);
  }

  private static AuditRecord message(com.limiquantix.agent.security.audit.AuditRecord record) {
    return AuditRecord.newBuilder()
        .setHead(message(new ChainHead(record.sequence(), record.hash())))
        .setLine(record.line())
        .build();
  }

  private static AuditHead message(ChainHead head) {
    return AuditHead.newBuilder()
        .setSequence(head.sequence())
        .setSha256(ByteString.copyFrom(HexFormat.of().parseHex(head.hash())))
        .build();
  }

  @Override
  public void close() {
    recorder.close();
  }
}
