package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Shows this host's VMs and how their agents are. */
@Command(
    name = "list",
    description = {
      "Shows the VMs of this host that have a socket for their agent, and asks each agent, for at",
      "most the time of --timeout. Exits with 1 if one of them did not answer."
    })
final class ListCommand implements Callable<Integer> {
  /** As many are asked at once; each takes two threads while it is. */
  private static final int AT_ONCE = 16;

  private final RootCommand root;

  ListCommand(RootCommand root) {
    this.root = root;
  }

  /** What is known of a VM; of those that do not answer the reason. */
  private record Row(String id, String peer, @Nullable PongResponse pong, @Nullable Failure why) {}

  @Override
  public Integer call() throws Failure, IOException, InterruptedException {
    if (root.namesTarget()) {
      throw Failure.usage("list: --connect and --vm make no sense here; it shows all VMs");
    }
    List<String> ids;
    try {
      ids = root.sockets().ids();
    } catch (IOException e) {
      throw Failure.unreachable("cannot list VMs: " + e.getMessage(), e);
    }
    List<Row> rows = ask(ids);
    print(rows);
    boolean all = rows.stream().allMatch(row -> row.pong() != null);
    return all ? ExitCode.OK : ExitCode.NOT_WELL;
  }

  private List<Row> ask(List<String> ids) throws Failure, InterruptedException {
    ExecutorService askers =
        Executors.newFixedThreadPool(
            Math.max(1, Math.min(AT_ONCE, ids.size())),
            task -> {
              Thread thread = new Thread(task, "qx-guest-list");
              thread.setDaemon(true);
              return thread;
            });
    try (SignalSource.Watch watch = root.environment().signals().watch()) {
      SignalRelay signals = new SignalRelay(watch.first());
      List<Future<Row>> answers = new ArrayList<>();
      for (String id : ids) {
        answers.add(askers.submit(() -> ask(id, watch.first())));
      }
      List<Row> rows = new ArrayList<>();
      for (Future<Row> answer : answers) {
        rows.add(answer.get());
        Signal signal = signals.arrived();
        if (signal != null) {
          throw Failure.signalled("cannot list VMs", signal);
        }
      }
      return rows;
    } catch (ExecutionException e) {
      throw Failure.unexpected(e.getCause() == null ? e : e.getCause());
    } finally {
      askers.shutdownNow();
    }
  }

  private Row ask(String id, CompletionStage<Signal> signal) {
    String peer = "";
    try {
      String asked = "cannot ping VM " + id;
      try (GuestConnection connection = root.connect(root.virtualMachine(id), signal, asked)) {
        peer = connection.describePeer();
        PongResponse pong =
            UnaryCall.run(
                connection.channel(),
                AgentServiceGrpc.getPingMethod(),
                UnaryCall.OPTIONS.withDeadlineAfter(root.timeout().toNanos(), TimeUnit.NANOSECONDS),
                PingRequest.getDefaultInstance(),
                signal,
                asked,
                ExitCode::of);
        return new Row(id, peer, pong, null);
      }
    } catch (Failure e) {
      return new Row(id, peer, null, e);
    }
  }

  private void print(List<Row> rows) throws IOException {
    if (root.json()) {
      for (Row row : rows) {
        root.console().line(json(row));
      }
      return;
    }
    Table table = new Table().row("VM", "STATE", "AGENT", "UP", "PEER");
    for (Row row : rows) {
      PongResponse pong = row.pong();
      if (pong == null) {
        table.row(row.id(), "no answer", "-", "-", row.why() == null ? "" : row.why().sentence());
      } else {
        table.row(row.id(), "ready", pong.getVersion(), pong.getUptimeSeconds() + " s", row.peer());
      }
    }
    table.print(root.console());
  }

  private static JsonObject json(Row row) {
    JsonObject json = new JsonObject().put("vm", row.id());
    PongResponse pong = row.pong();
    Failure why = row.why();
    if (pong != null) {
      return json.put("state", "ready")
          .put("version", pong.getVersion())
          .put("uptime_seconds", pong.getUptimeSeconds())
          .put("peer", row.peer());
    }
    return json.put("state", "no answer").put("reason", why == null ? "" : why.sentence());
  }
}
