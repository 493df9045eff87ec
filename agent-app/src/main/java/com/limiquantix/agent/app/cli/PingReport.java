package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.PongResponse;
import io.grpc.Status;
import java.io.IOException;

/** Prints what becomes of pings. One thread. */
final class PingReport {
  private final Console console;
  private final boolean json;
  private final boolean quiet;
  private String target = "";

  PingReport(Console console, boolean json, boolean quiet) {
    this.console = console;
    this.json = json;
    this.quiet = quiet;
  }

  void begin(String targetName, String peer) throws IOException {
    target = targetName;
    if (!json) {
      console.line("PING " + target + " (" + peer + ")");
    }
  }

  void answered(long sequence, long nanos, PongResponse pong) throws IOException {
    if (quiet) {
      return;
    }
    if (json) {
      console.line(
          new JsonObject()
              .put("seq", sequence)
              .put("time_ms", Millis.of(nanos))
              .put("version", pong.getVersion())
              .putUnsigned("uptime_seconds", pong.getUptimeSeconds()));
    } else {
      console.line(
          "answer from agent "
              + pong.getVersion()
              + ": seq="
              + sequence
              + " time="
              + Millis.of(nanos).toPlainString()
              + " ms");
    }
  }

  void failed(long sequence, Status status) throws IOException {
    if (quiet) {
      return;
    }
    String description = status.getDescription() == null ? "" : status.getDescription();
    if (json) {
      console.line(
          new JsonObject()
              .put("seq", sequence)
              .put(
                  "error",
                  new JsonObject()
                      .put("code", status.getCode().name())
                      .put("message", description)));
    } else {
      console.line("no answer: seq=" + sequence + " " + status.getCode() + " " + description);
    }
  }

  void end(PingStatistics statistics, long nanos) throws IOException {
    if (json) {
      console.line(summary(statistics, nanos));
      return;
    }
    console.line("");
    console.line("--- " + target + " ping statistics ---");
    console.line(
        statistics.transmitted()
            + " transmitted, "
            + statistics.received()
            + " received, "
            + statistics.lossPercent()
            + "% loss, time "
            + nanos / 1_000_000
            + " ms");
    if (statistics.received() > 0) {
      console.line(
          "rtt min/avg/max/mdev = "
              + statistics.minMillis()
              + "/"
              + statistics.avgMillis()
              + "/"
              + statistics.maxMillis()
              + "/"
              + statistics.mdevMillis()
              + " ms");
    }
  }

  private static JsonObject summary(PingStatistics statistics, long nanos) {
    JsonObject json =
        new JsonObject()
            .put("transmitted", statistics.transmitted())
            .put("received", statistics.received())
            .put("loss_percent", statistics.lossPercent())
            .put("time_ms", Millis.of(nanos));
    return statistics.received() == 0
        ? json
        : json.put(
            "rtt_ms",
            new JsonObject()
                .put("min", statistics.minMillis())
                .put("avg", statistics.avgMillis())
                .put("max", statistics.maxMillis())
                .put("mdev", statistics.mdevMillis()));
  }
}
