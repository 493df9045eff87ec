package com.limiquantix.agent.security.audit;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.security.CallFacts;
import com.limiquantix.agent.security.record.Escapes;
import com.limiquantix.agent.security.record.RecordQueue;
import com.limiquantix.agent.security.record.RecordTime;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Encodes records without their beginning, which {@link ChainLine} puts before them. Names are
 * those of the Elastic Common Schema; what it has no name for begins with {@code limiquantix.}.
 * Every text has a bound and is escaped.
 */
final class AuditJson {
  /** Of a subject, in UTF-16 units. */
  static final int MAX_SUBJECT = 4096;

  private static final int MAX_TEXT = 512;

  private static final String ALL =
      "\",\"ecs.version\":\"8.11.0\",\"event.dataset\":\"limiquantix.audit\"";

  /**
   * A call that is over.
   *
   * @param began when it began; the record's own time is when it ended
   * @param asked what its request names
   * @param status name of the gRPC status code
   * @param exitCode of the command that it ran
   */
  record Call(
      String method,
      @Nullable PeerInfo peer,
      Instant began,
      Instant ended,
      long durationNanos,
      CallFacts.@Nullable Subject asked,
      @Nullable String user,
      String status,
      @Nullable Integer exitCode,
      long bytesFromHost,
      long bytesToHost) {}

  private AuditJson() {}

  static byte[] call(Call call, CallFacts facts) {
    AuditedMethods.Row row = AuditedMethods.of(call.method());
    CallFacts.Decision decision = facts.decision();
    StringBuilder out = start(call.ended());
    out.append(",\"event.kind\":\"event\",\"event.category\":[\"").append(row.category());
    out.append("\"],\"event.type\":[\"").append(row.type());
    if (decision != null) {
      out.append("\",\"").append(decision.allowed() ? "allowed" : "denied");
    }
    out.append("\"]");
    text(out, "event.action", call.method(), MAX_TEXT);
    boolean ok = call.status().equals("OK");
    out.append(",\"event.outcome\":\"").append(ok ? "success" : "failure");
    out.append("\",\"event.start\":\"");
    RecordTime.append(out, call.began());
    out.append("\",\"event.duration\":").append(call.durationNanos());
    if (!ok) {
      text(out, "error.code", call.status(), MAX_TEXT);
    }
    if (decision != null) {
      text(out, "rule.name", decision.rule(), MAX_TEXT);
    }
    peer(out, call.peer());
    subjects(out, call.asked(), facts.subject());
    if (call.user() != null) {
      text(out, "user.target.name", call.user(), MAX_TEXT);
    }
    if (call.exitCode() != null) {
      out.append(",\"process.exit_code\":").append(call.exitCode().intValue());
    }
    out.append(",\"source.bytes\":").append(call.bytesFromHost());
    out.append(",\"destination.bytes\":").append(call.bytesToHost());
    if (facts.bytes() > 0) {
      out.append(",\"limiquantix.content_bytes\":").append(facts.bytes());
    }
    return end(out);
  }

  private static void peer(StringBuilder out, @Nullable PeerInfo peer) {
    text(out, "source.address", peer == null ? "unknown" : peer.describe(), MAX_TEXT);
    if (peer instanceof PeerInfo.Unix unix) {
      out.append(",\"source.user.id\":\"").append(unix.uid());
      out.append("\",\"source.user.group.id\":\"").append(unix.gid()).append('"');
    }
  }

  private static void subjects(
      StringBuilder out, CallFacts.@Nullable Subject asked, CallFacts.@Nullable Subject found) {
    CallFacts.Subject first = asked == null ? found : asked;
    if (first == null) {
      return;
    }
    String name =
        switch (first.kind()) {
          case PATH -> "file.path";
          case COMMAND -> "process.command_line";
          case PROCESS -> "limiquantix.process";
          case SERVICE -> "service.name";
          case OTHER -> "limiquantix.subject";
        };
    text(out, name, first.text(), MAX_SUBJECT);
    if (found != null && !found.equals(first)) {
      String resolved =
          switch (found.kind()) {
            case PATH -> "file.target_path";
            case COMMAND -> "process.executable";
            case PROCESS, SERVICE, OTHER -> "limiquantix.resolved";
          };
      text(out, resolved, found.text(), MAX_SUBJECT);
    }
  }

  /** The first record of a run. */
  static byte[] started(Instant now, ChainTail found) {
    StringBuilder out = own(now, "start", "audit-started");
    if (found.tornBytes() > 0) {
      out.append(",\"limiquantix.audit.torn_bytes\":").append(found.tornBytes());
      text(
          out,
          "event.reason",
          "a record that was cut off at its end was removed; the agent had not ended in order, or"
              + " the disk was full",
          MAX_TEXT);
    }
    if (found.fault() != null) {
      text(out, "error.message", "the chain is broken before this: " + found.fault(), MAX_TEXT);
    }
    return end(out);
  }

  /** The last record of a run that ends in order. */
  static byte[] stopped(Instant now) {
    return end(own(now, "end", "audit-stopped"));
  }

  /** The record that stands for those that were lost. */
  static byte[] lost(Instant now, RecordQueue.Loss loss, @Nullable String reason) {
    StringBuilder out = own(now, "error", "audit-records-lost");
    out.append(",\"limiquantix.audit.lost\":").append(loss.records());
    out.append(",\"event.start\":\"");
    RecordTime.append(out, loss.since());
    out.append('"');
    text(out, "event.reason", reason == null ? "writing took too long" : reason, MAX_TEXT);
    return end(out);
  }

  private static StringBuilder own(Instant now, String type, String action) {
    StringBuilder out = start(now);
    out.append(
        ",\"event.kind\":\"event\",\"event.category\":[\"configuration\"],\"event.type\":[\"");
    out.append(type).append("\"],\"event.action\":\"").append(action).append('"');
    return out;
  }

  private static StringBuilder start(Instant time) {
    StringBuilder out = new StringBuilder(640).append("\"@timestamp\":\"");
    RecordTime.append(out, time);
    return out.append(ALL);
  }

  private static void text(StringBuilder out, String name, String value, int limit) {
    out.append(",\"").append(name).append("\":\"");
    Escapes.json(out, value, limit);
    out.append('"');
  }

  private static byte[] end(StringBuilder out) {
    return out.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
  }
}
