package com.limiquantix.agent.app.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures round trips to the agent, like ping(8). */
@Command(
    name = "ping",
    description = {
      "Measures round trips to the agent, like ping(8), until stopped by Ctrl-C.",
      "Exits with 0 if any ping was answered."
    })
final class PingCommand implements Callable<Integer> {
  private final RootCommand root;

  @Option(names = "-c", paramLabel = "COUNT", description = "Stop after this many pings.")
  private @Nullable Long count;

  @Option(
      names = "-i",
      paramLabel = "SECS",
      converter = Seconds.class,
      description = "Seconds between two pings. Default: 1, at least 0.01.")
  private Duration interval = Duration.ofSeconds(1);

  @Option(
      names = "-w",
      paramLabel = "SECS",
      converter = Seconds.class,
      description = "Stop after this many seconds.")
  private @Nullable Duration deadline;

  @Option(names = "-q", description = "Print only the summary.")
  private boolean quiet;

  PingCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws Failure, IOException, InterruptedException {
    if (count != null && count < 1) {
      throw Failure.usage("ping: -c must be at least 1");
    }
    Target target = root.target();
    String asked = "cannot ping " + target.name();
    try (SignalSource.Watch watch = root.environment().signals().watch();
        GuestConnection connection = root.connect(target, watch.first(), asked)) {
      PingReport report = new PingReport(root.console(), root.json(), quiet);
      report.begin(target.name(), connection.describePeer());
      PingRun run =
          new PingRun(
              connection.channel(),
              root.environment().timers().get(),
              report,
              new PingRun.Plan(
                  count == null ? Long.MAX_VALUE : count, interval, deadline, root.timeout()));
      return run.run(watch.first());
    }
  }
}
