package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.transport.Timers;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures what calls to an agent take, and what the agent takes of its machine. */
@Command(
    name = "bench",
    description = {
      "Measures round trips, calls per second, the running of a program, and, of an agent on this",
      "machine, its memory and idle processor time. Loads the agent for about five durations."
    })
final class BenchCommand implements Callable<Integer> {
  private static final int MANY_CALLERS = 32;

  private final RootCommand root;

  @Option(
      names = "--duration",
      paramLabel = "SECS",
      converter = Seconds.class,
      description =
          "How long each of the three measurements takes; half of it is added to warm up. "
              + "Default: 3.")
  private Duration duration = Duration.ofSeconds(3);

  @Option(
      names = "--idle",
      paramLabel = "SECS",
      converter = SecondsOrZero.class,
      description =
          "How long to watch the idle agent before the load, if it runs on this machine; 0 leaves "
              + "it out. Default: 10.")
  private Duration idle = Duration.ofSeconds(10);

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "The agent's process. Default: the one behind the socket, if it is an agent.")
  private @Nullable Integer pid;

  BenchCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws Failure, IOException {
    if (pid != null && pid < 1) {
      throw Failure.usage("bench: --pid must be at least 1");
    }
    Target target = root.target();
    String asked = "cannot measure " + target.name();
    try (SignalSource.Watch watch = root.environment().signals().watch();
        GuestConnection connection = root.connect(target, watch.first(), asked)) {
      InterruptOnSignal interrupter = new InterruptOnSignal(Thread.currentThread());
      watch.first().thenAccept(interrupter::signalled);
      try {
        measure(target, connection);
      } catch (InterruptedException e) {
        throw interrupter.failure(asked, e);
      } catch (StatusRuntimeException e) {
        throw Failure.ofCall(asked, e.getStatus(), ExitCode.of(e.getStatus().getCode()));
      } finally {
        interrupter.done();
      }
    }
    return ExitCode.OK;
  }

  private void measure(Target target, GuestConnection connection)
      throws IOException, InterruptedException {
    Timers timers = root.environment().timers().get();
    BenchReport report = new BenchReport(root.console(), root.json());
    BenchRun run = new BenchRun(connection.channel(), timers, duration, root.timeout());
    report.begin(target.name(), connection.describePeer(), run.version());
    @Nullable LocalAgent agent = idle(report, timers, connection.peerProcess());
    report.pings("ping", run.pings(1));
    report.pings("ping_concurrent", run.pings(MANY_CALLERS));
    programs(report, run);
    if (agent != null) {
      afterwards(report, agent);
    }
    report.end();
  }

  /** Returns the process that was watched; null if none was. */
  private @Nullable LocalAgent idle(BenchReport report, Timers timers, OptionalLong peer)
      throws IOException, InterruptedException {
    if (idle.isZero()) {
      return null;
    }
    try {
      LocalAgent agent = LocalAgent.find(pid, peer);
      long cpu = agent.cpuNanos();
      long begin = timers.nanoTime();
      CountDownLatch over = new CountDownLatch(1);
      timers.schedule(over::countDown, idle.toNanos());
      over.await();
      report.idle(agent.cost(), agent.cpuNanos() - cpu, timers.nanoTime() - begin);
      return agent;
    } catch (LocalAgent.NotFound e) {
      report.skipped("idle", "idle", e.reason());
      return null;
    }
  }

  private static void programs(BenchReport report, BenchRun run)
      throws IOException, InterruptedException {
    try {
      run.tryProgram();
      report.programs(run.programs());
    } catch (StatusRuntimeException e) {
      // An agent that runs no commands, or not this one, is no failure of the measurement.
      report.skipped(
          "exec", "exec", e.getStatus().getCode() + " " + e.getStatus().getDescription());
    } catch (UnsupportedOperationException | IllegalStateException e) {
      // Our own system has no posix_spawn, or not this program.
      report.skipped("exec", "exec", String.valueOf(e.getMessage()));
    }
  }

  private static void afterwards(BenchReport report, LocalAgent agent) throws IOException {
    try {
      report.afterwards(agent.cost());
    } catch (LocalAgent.NotFound e) {
      report.skipped("afterwards", "afterwards", e.reason());
    }
  }
}
