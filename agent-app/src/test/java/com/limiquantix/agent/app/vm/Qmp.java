package com.limiquantix.agent.app.vm;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** QEMU's monitor (QMP, docs/interop/qmp-spec of QEMU). Not for several threads. */
final class Qmp implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 60_000;

  private final JsonLines lines;

  private Qmp(JsonLines lines) {
    this.lines = lines;
  }

  static Qmp connect(Path socket) throws IOException {
    Qmp qmp = new Qmp(JsonLines.connect(socket));
    try {
      qmp.lines.next(PATIENCE_MILLIS);
      qmp.execute("qmp_capabilities", Map.of());
      return qmp;
    } catch (IOException e) {
      qmp.close();
      throw e;
    }
  }

  /** What a command returned. Events that come before are dropped. */
  Object execute(String command, Map<String, ?> arguments) throws IOException {
    lines.send(Json.write(Map.of("execute", command, "arguments", arguments)));
    while (true) {
      Map<String, Object> answer = lines.next(PATIENCE_MILLIS);
      if (answer.containsKey("error")) {
        throw new IOException(command + " " + arguments + ": " + answer.get("error"));
      }
      if (answer.containsKey("return")) {
        return requireNonNull(answer.get("return"));
      }
    }
  }

  /** The state of the machine, such as {@code running}, {@code paused} or {@code suspended}. */
  String status() throws IOException {
    return String.valueOf(Json.object(execute("query-status", Map.of())).get("status"));
  }

  /** Waits for an event of this name; others before it are dropped. */
  Map<String, Object> awaitEvent(String name) throws IOException {
    while (true) {
      Map<String, Object> line = lines.next(PATIENCE_MILLIS);
      if (name.equals(line.get("event"))) {
        return line;
      }
    }
  }

  /** A command of the monitor for humans, for what QMP has no command. */
  String human(String command) throws IOException {
    return String.valueOf(execute("human-monitor-command", Map.of("command-line", command)));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
