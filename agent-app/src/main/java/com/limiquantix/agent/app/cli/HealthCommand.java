package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse.ServingStatus;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.health.v1.HealthListRequest;
import com.limiquantix.agent.protocol.health.v1.HealthListResponse;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** Shows how an agent and each of its services are. */
@Command(
    name = "health",
    description = {
      "Shows whether the agent and each of its services do what they are for. Exits with 0 if all",
      "of them do, else with 1."
    })
final class HealthCommand implements Callable<Integer> {
  /** The health service's name for the agent as a whole, and how it is printed. */
  private static final String WHOLE = "";

  private static final String WHOLE_PRINTED = "agent";

  private final RootCommand root;

  HealthCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws Failure, IOException {
    Target target = root.target();
    String asked = "cannot get the health of " + target.name();
    HealthListResponse answer;
    try (SignalSource.Watch watch = root.environment().signals().watch();
        GuestConnection connection = root.connect(target, watch.first(), asked)) {
      answer =
          UnaryCall.run(
              connection.channel(),
              HealthGrpc.getListMethod(),
              UnaryCall.OPTIONS.withDeadlineAfter(root.timeout().toNanos(), TimeUnit.NANOSECONDS),
              HealthListRequest.getDefaultInstance(),
              watch.first(),
              asked,
              ExitCode::of);
    }
    Map<String, String> statuses = new TreeMap<>();
    Map<String, String> reasons = new TreeMap<>();
    answer
        .getStatusesMap()
        .forEach(
            (service, state) -> {
              statuses.put(service, word(state.getStatus()));
              if (!state.getReason().isEmpty()) {
                reasons.put(service.equals(WHOLE) ? WHOLE_PRINTED : service, state.getReason());
              }
            });
    boolean well =
        statuses.containsKey(WHOLE)
            && answer.getStatusesMap().values().stream()
                .allMatch(state -> state.getStatus() == ServingStatus.SERVING);
    if (root.json()) {
      String whole = statuses.remove(WHOLE);
      JsonObject line =
          new JsonObject()
              .put("healthy", well)
              .put("agent", whole == null ? "unknown" : whole)
              .put("services", statuses);
      root.console().line(reasons.isEmpty() ? line : line.put("reasons", reasons));
    } else {
      table(statuses);
      for (Map.Entry<String, String> reason : reasons.entrySet()) {
        root.console()
            .ownText(TerminalText.escape(reason.getKey() + ": " + reason.getValue()) + "\n");
      }
    }
    return well ? ExitCode.OK : ExitCode.NOT_WELL;
  }

  private static String word(ServingStatus status) {
    return switch (status) {
      case SERVING -> "serving";
      case NOT_SERVING -> "not serving";
      case UNKNOWN, SERVICE_UNKNOWN, UNRECOGNIZED -> "unknown";
    };
  }

  private void table(Map<String, String> statuses) throws IOException {
    Table table = new Table();
    statuses.forEach(
        (service, state) -> table.row(service.equals(WHOLE) ? WHOLE_PRINTED : service, state));
    table.print(root.console());
  }
}
