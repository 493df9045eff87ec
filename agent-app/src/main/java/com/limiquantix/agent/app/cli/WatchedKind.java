package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v2.EventKind;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The kinds of events, by the names that they have on the command line and in JSON. */
enum WatchedKind {
  AGENT_READY("agent_ready", EventKind.EVENT_KIND_AGENT_READY),
  TELEMETRY("telemetry", EventKind.EVENT_KIND_TELEMETRY),
  ERROR("error", EventKind.EVENT_KIND_ERROR),
  AUDIT("audit", EventKind.EVENT_KIND_AUDIT);

  private final String label;
  private final EventKind kind;

  WatchedKind(String label, EventKind kind) {
    this.label = label;
    this.kind = kind;
  }

  String label() {
    return label;
  }

  EventKind kind() {
    return kind;
  }

  private static List<String> labels() {
    List<String> labels = new ArrayList<>();
    for (WatchedKind kind : values()) {
      labels.add(kind.label);
    }
    return labels;
  }

  /** Reads a label. */
  static final class Converter implements ITypeConverter<WatchedKind> {
    @Override
    public WatchedKind convert(String value) {
      for (WatchedKind kind : values()) {
        if (kind.label.equals(value)) {
          return kind;
        }
      }
      throw new TypeConversionException(
          "'" + value + "' is no kind of event; expected one of " + String.join(", ", labels()));
    }
  }

  /** What the shell may complete. */
  static final class Candidates implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return labels().iterator();
    }
  }
}
