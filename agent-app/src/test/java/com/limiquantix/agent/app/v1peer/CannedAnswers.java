package com.limiquantix.agent.app.v1peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What the deployed agent of the tests answers and pushes. */
public final class CannedAnswers {
  /** The version that it says it has. */
  public static final String VERSION = "0.9.4";

  /** The name that it says its guest has. */
  public static final String HOSTNAME = "old-guest";

  /** A command of this form cannot be started, for the reason behind the colon. */
  public static final String FAIL = "fail:";

  /** The only file that there is. */
  public static final String FILE = "/etc/motd";

  /** What is in it. */
  public static final String FILE_CONTENT = "Welcome to an old guest.\n";

  private CannedAnswers() {}

  /** An answer's payload and its field. */
  record Answer(int payload, ProtoWriter body) {}

  static Answer to(V1Message request) {
    for (V1Payload kind : V1Payload.values()) {
      if (request.is(kind)) {
        return new Answer(kind.answer(), body(kind, request.body()));
      }
    }
    return new Answer(
        V1Payload.ERROR.number(),
        new ProtoWriter().number(V1Fields.Failure.SEVERITY, 1).text(3, "unknown request"));
  }

  private static ProtoWriter body(V1Payload kind, ProtoFields request) {
    return switch (kind) {
      case PING ->
          new ProtoWriter()
              .number(V1Fields.Ping.SEQUENCE, request.number(V1Fields.Ping.SEQUENCE))
              .text(V1Fields.Ping.VERSION, VERSION)
              .number(V1Fields.Ping.UPTIME_SECONDS, 77);
      case GET_CAPABILITIES ->
          new ProtoWriter()
              .text(V1Fields.Capable.VERSION, VERSION)
              .text(V1Fields.Capable.OS, "linux")
              .text(V1Fields.Capable.CAPABILITIES, "execute")
              .text(V1Fields.Capable.CAPABILITIES, "file_read")
              .entry(V1Fields.Capable.FEATURES, "telemetry", "true");
      case EXECUTE -> executed(request.text(V1Fields.Execute.COMMAND));
      case FILE_READ -> content(request);
      default ->
          new ProtoWriter().text(V1Fields.Verdict.error(kind), "this agent is too old for that");
    };
  }

  private static ProtoWriter executed(String command) {
    if (command.startsWith(FAIL)) {
      return new ProtoWriter()
          .number(V1Fields.Executed.EXIT_CODE, -1)
          .text(V1Fields.Executed.ERROR, command.substring(FAIL.length()));
    }
    return new ProtoWriter()
        .text(V1Fields.Executed.STDOUT, "ran " + command)
        .number(V1Fields.Executed.DURATION_MS, 12);
  }

  private static ProtoWriter content(ProtoFields request) {
    String path = request.text(V1Fields.FileRead.PATH);
    if (!path.equals(FILE)) {
      return new ProtoWriter()
          .text(V1Fields.FileContent.ERROR, "open " + path + ": no such file or directory");
    }
    byte[] all = FILE_CONTENT.getBytes(StandardCharsets.UTF_8);
    int from = (int) Math.min(request.number(V1Fields.FileRead.OFFSET), all.length);
    int chunk = (int) request.number(V1Fields.FileRead.CHUNK_SIZE);
    int to = chunk == 0 ? all.length : Math.min(from + chunk, all.length);
    ProtoWriter content =
        new ProtoWriter()
            .yes(V1Fields.FileContent.SUCCESS)
            .bytes(V1Fields.FileContent.DATA, Arrays.copyOfRange(all, from, to))
            .number(V1Fields.FileContent.TOTAL_SIZE, all.length)
            .number(V1Fields.FileContent.OFFSET, from);
    return to == all.length ? content.yes(V1Fields.FileContent.EOF) : content;
  }

  /** What it says when its channel has opened. */
  public static ProtoWriter ready() {
    return new ProtoWriter()
        .text(V1Fields.Ready.VERSION, VERSION)
        .text(V1Fields.Ready.OS_NAME, "Old Linux")
        .text(V1Fields.Ready.HOSTNAME, HOSTNAME)
        .text(V1Fields.Ready.CAPABILITIES, "execute");
  }

  /** A telemetry report. */
  public static ProtoWriter telemetry(double cpu) {
    return new ProtoWriter()
        .real(V1Fields.Telemetry.CPU_USAGE_PERCENT, cpu)
        .number(V1Fields.Telemetry.MEMORY_TOTAL_BYTES, 2_147_483_648L)
        .text(V1Fields.Telemetry.HOSTNAME, HOSTNAME);
  }

  /** An error event. */
  public static ProtoWriter error(String code, String message) {
    return new ProtoWriter()
        .number(V1Fields.Failure.SEVERITY, 2)
        .text(V1Fields.Failure.CODE, code)
        .text(V1Fields.Failure.MESSAGE, message)
        .entry(V1Fields.Failure.DETAILS, "where", "disk");
  }
}
