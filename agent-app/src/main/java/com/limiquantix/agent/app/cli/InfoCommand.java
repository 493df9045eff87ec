package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** Shows what an agent is and can do. */
@Command(name = "info", description = "Shows the agent's version, its system, and what it can do.")
final class InfoCommand implements Callable<Integer> {
  private final RootCommand root;

  InfoCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws Failure, IOException {
    Target target = root.target();
    String asked = "cannot get the capabilities of " + target.name();
    GetCapabilitiesResponse answer;
    String peer;
    try (SignalSource.Watch watch = root.environment().signals().watch();
        GuestConnection connection = root.connect(target, watch.first(), asked)) {
      peer = connection.describePeer();
      answer =
          UnaryCall.run(
              connection.channel(),
              AgentServiceGrpc.getGetCapabilitiesMethod(),
              UnaryCall.OPTIONS.withDeadlineAfter(root.timeout().toNanos(), TimeUnit.NANOSECONDS),
              GetCapabilitiesRequest.getDefaultInstance(),
              watch.first(),
              asked,
              ExitCode::of);
    }
    if (root.json()) {
      root.console().line(json(peer, answer));
    } else {
      table(target, peer, answer);
    }
    return ExitCode.OK;
  }

  private static JsonObject json(String peer, GetCapabilitiesResponse answer) {
    return new JsonObject()
        .put("peer", peer)
        .put("version", answer.getVersion())
        .put("os", answer.getOs())
        .put("architecture", answer.getArchitecture())
        .put("capabilities", answer.getCapabilitiesList())
        .put("features", new TreeMap<>(answer.getFeaturesMap()))
        .put("build_time", answer.getBuildTime())
        .put("build_commit", answer.getBuildCommit());
  }

  private void table(Target target, String peer, GetCapabilitiesResponse answer)
      throws IOException {
    List<Map.Entry<String, String>> rows = new ArrayList<>();
    rows.add(Map.entry("Target", target.name()));
    rows.add(Map.entry("Peer", peer));
    rows.add(Map.entry("Agent version", answer.getVersion()));
    rows.add(Map.entry("System", answer.getOs() + " " + answer.getArchitecture()));
    if (!answer.getBuildTime().isEmpty()) {
      rows.add(Map.entry("Built", answer.getBuildTime()));
    }
    if (!answer.getBuildCommit().isEmpty()) {
      rows.add(Map.entry("Revision", answer.getBuildCommit()));
    }
    rows.add(Map.entry("Capabilities", String.join(", ", answer.getCapabilitiesList())));
    new TreeMap<>(answer.getFeaturesMap())
        .forEach((name, value) -> rows.add(Map.entry("  " + name, value)));
    int width =
        rows.stream().mapToInt(row -> TerminalText.escape(row.getKey()).length()).max().orElse(0);
    for (Map.Entry<String, String> row : rows) {
      String label = TerminalText.escape(row.getKey());
      root.console().line(label + " ".repeat(width + 2 - label.length()) + row.getValue());
    }
  }
}
