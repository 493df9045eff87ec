package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import com.limiquantix.agent.app.config.LogFormat;
import com.limiquantix.agent.security.record.Escapes;
import com.limiquantix.agent.security.record.RecordQueue;
import com.limiquantix.agent.security.record.RecordTime;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Encodes one record as UTF-8. Every part of it has a bound. Thread-safe. */
final class RecordEncoder {

  /**
   * With the exception below half of what journald takes as one line (LineMax=, journald.conf(5)).
   */
  static final int MAX_MESSAGE = 8192;

  static final int MAX_EXCEPTION = 16_384;
  private static final int MAX_NAME = 256;
  private static final int MAX_FRAMES = 64;
  private static final int MAX_CAUSES = 8;

  private final LogFormat format;
  private final Logger self;

  /**
   * @param self the logger of records in which the log speaks of itself
   */
  RecordEncoder(LogFormat format, Logger self) {
    this.format = format;
    this.self = self;
  }

  /** A record in which the log speaks of itself, logged now by the calling thread. */
  byte[] own(Level level, String sentence) {
    return encode(
        new LoggingEvent(RecordEncoder.class.getName(), self, level, sentence, null, null));
  }

  /** The record that tells of lost ones. */
  byte[] loss(RecordQueue.Loss loss, @Nullable String reason) {
    return own(
        Level.WARN,
        (loss.records() == 1 ? "1 record was" : loss.records() + " records were")
            + " lost since "
            + RecordTime.format(loss.since())
            + " because the log could not be written: "
            + (reason == null ? "writing took too long" : reason));
  }

  /** The record as one or more whole lines. */
  byte[] encode(ILoggingEvent event) {
    StringBuilder out = new StringBuilder(256);
    switch (format) {
      case JSON -> json(event, out);
      case PRETTY -> pretty(event, out);
    }
    return out.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void json(ILoggingEvent event, StringBuilder out) {
    out.append("{\"time\":\"");
    RecordTime.append(out, event.getInstant());
    field(out, "level", event.getLevel().toString(), MAX_NAME);
    field(out, "logger", event.getLoggerName(), MAX_NAME);
    field(out, "thread", event.getThreadName(), MAX_NAME);
    field(out, "message", message(event), MAX_MESSAGE);
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      field(out, "exception", trace(thrown, ""), MAX_EXCEPTION + MAX_NAME);
    }
    out.append("\"}");
  }

  /** Ends the field before, which is a string, and begins one that stays open. */
  private static void field(StringBuilder out, String name, String value, int limit) {
    out.append("\",\"").append(name).append("\":\"");
    Escapes.json(out, value, limit);
  }

  private static void pretty(ILoggingEvent event, StringBuilder out) {
    RecordTime.append(out, event.getInstant());
    String level = event.getLevel().toString();
    out.append(' ').append(level).append(" ".repeat(Math.max(0, 5 - level.length())));
    out.append(" [");
    Escapes.line(out, event.getThreadName(), MAX_NAME);
    out.append("] ");
    Escapes.line(out, event.getLoggerName(), MAX_NAME);
    out.append(": ");
    Escapes.line(out, message(event), MAX_MESSAGE);
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      out.append('\n').append(trace(thrown, "    "));
    }
  }

  private static String message(ILoggingEvent event) {
    @Nullable String message = event.getFormattedMessage();
    return message == null ? "" : message;
  }

  /** Every line begins with the indent; texts of exceptions are escaped within their line. */
  private static String trace(IThrowableProxy thrown, String indent) {
    StringBuilder out = new StringBuilder();
    @Nullable IThrowableProxy next = thrown;
    for (int causes = 0; next != null; causes++) {
      if (causes == MAX_CAUSES || out.length() > MAX_EXCEPTION) {
        return out.append('\n').append(indent).append("... more causes").toString();
      }
      out.append(causes == 0 ? indent : "\n" + indent + "caused by ");
      Escapes.line(out, next.getClassName(), MAX_NAME);
      if (next.getMessage() != null) {
        out.append(": ");
        Escapes.line(out, next.getMessage(), MAX_MESSAGE / 4);
      }
      frames(next, indent, out);
      next = next.isCyclic() ? null : next.getCause();
    }
    return out.toString();
  }

  private static void frames(IThrowableProxy thrown, String indent, StringBuilder out) {
    StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
    int count = frames.length - thrown.getCommonFrames();
    for (int i = 0; i < count; i++) {
      out.append('\n').append(indent).append("  ");
      if (i == MAX_FRAMES || out.length() > MAX_EXCEPTION) {
        out.append("... ").append(count - i).append(" more frames");
        return;
      }
      Escapes.line(out, frames[i].getSTEAsString(), MAX_NAME);
    }
  }
}
