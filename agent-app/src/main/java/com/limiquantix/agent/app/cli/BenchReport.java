package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.app.cli.BenchRun.Calls;
import com.limiquantix.agent.app.cli.BenchRun.Programs;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Prints what was measured: as lines, each when it is known, or as one JSON object at the end. One
 * thread.
 */
final class BenchReport {
  private static final int LABEL_WIDTH = 26;

  private final Console console;
  private final boolean json;
  private final JsonObject object = new JsonObject();

  BenchReport(Console console, boolean json) {
    this.console = console;
    this.json = json;
  }

  void begin(String target, String peer, String version) throws IOException {
    object.put("peer", peer).put("version", version);
    line("BENCH " + target + " (" + peer + "), agent " + version);
  }

  /**
   * @param cpuNanos processor time that the agent took
   * @param nanos while nobody asked it anything
   */
  void idle(ProcessCost cost, long cpuNanos, long nanos) throws IOException {
    BigDecimal percent =
        BigDecimal.valueOf(cpuNanos * 100.0 / Math.max(1, nanos)).setScale(3, RoundingMode.HALF_UP);
    object.put("idle", cost(cost).put("time_ms", Millis.of(nanos)).put("cpu_percent", percent));
    labelled("idle", cost.threads() + " threads, " + cost.descriptors() + " descriptors");
    labelled("", memory(cost));
    labelled("", percent + " % of a processor over " + Millis.of(nanos) + " ms");
  }

  /** Something was not measured. */
  void skipped(String name, String label, String reason) throws IOException {
    object.put(name, new JsonObject().put("skipped", reason));
    labelled(label, "not measured: " + reason);
  }

  void pings(String name, Calls calls) throws IOException {
    object.put(
        name,
        latencies(calls.latencies())
            .put("callers", calls.callers())
            .put("per_second", calls.perSecond()));
    labelled(
        "ping, " + calls.callers() + (calls.callers() == 1 ? " caller" : " callers"),
        text(calls.latencies()) + ", " + calls.perSecond() + " calls/s");
  }

  void programs(Programs programs) throws IOException {
    long execute = programs.execute().quantile(0.5);
    long spawn = programs.spawn().quantile(0.5);
    object.put("exec", latencies(programs.execute()));
    object.put("posix_spawn", latencies(programs.spawn()));
    labelled("exec /bin/true", text(programs.execute()));
    labelled("posix_spawn and waitpid", text(programs.spawn()));
    if (spawn > 0) {
      BigDecimal ratio =
          BigDecimal.valueOf((double) execute / spawn).setScale(2, RoundingMode.HALF_UP);
      object.put("exec_ratio", ratio);
      labelled("exec to posix_spawn", ratio + " at p50");
    }
  }

  void afterwards(ProcessCost cost) throws IOException {
    object.put("afterwards", cost(cost));
    labelled("afterwards", memory(cost));
  }

  void end() throws IOException {
    if (json) {
      console.line(object);
    }
  }

  private static JsonObject cost(ProcessCost cost) {
    return new JsonObject()
        .put("resident_kib", cost.residentKib())
        .put("anonymous_kib", cost.anonymousKib())
        .put("threads", cost.threads())
        .put("descriptors", cost.descriptors());
  }

  private static String memory(ProcessCost cost) {
    return mib(cost.residentKib()) + " MiB resident, " + mib(cost.anonymousKib()) + " anonymous";
  }

  private static BigDecimal mib(long kib) {
    return BigDecimal.valueOf(kib / 1024.0).setScale(1, RoundingMode.HALF_UP);
  }

  private static JsonObject latencies(Latencies latencies) {
    return new JsonObject()
        .put("calls", latencies.count())
        .put("p50_us", Micros.of(latencies.quantile(0.5)))
        .put("p99_us", Micros.of(latencies.quantile(0.99)))
        .put("p999_us", Micros.of(latencies.quantile(0.999)))
        .put("max_us", Micros.of(latencies.max()));
  }

  private static String text(Latencies latencies) {
    return "p50 "
        + Micros.of(latencies.quantile(0.5))
        + " us, p99 "
        + Micros.of(latencies.quantile(0.99))
        + " us, p99.9 "
        + Micros.of(latencies.quantile(0.999))
        + " us";
  }

  private void labelled(String label, String text) throws IOException {
    line(label + " ".repeat(Math.max(1, LABEL_WIDTH - label.length())) + text);
  }

  private void line(String text) throws IOException {
    if (!json) {
      console.line(text);
    }
  }
}
