package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.Timers;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Waits until an agent answers. */
@Command(
    name = "wait",
    description = {
      "Waits until the agent answers, such as after the start of its VM. A VM that has no socket",
      "yet is waited for too. Exits with 124 if nobody has answered in time."
    })
final class WaitCommand implements Callable<Integer> {
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final RootCommand root;

  @Option(
      names = "--for",
      paramLabel = "SECS",
      converter = Seconds.class,
      description = "How long to wait at most. Default: 60.")
  private Duration longest = Duration.ofSeconds(60);

  WaitCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws Failure, IOException, InterruptedException {
    Timers timers = root.environment().timers().get();
    long start = timers.nanoTime();
    try (SignalSource.Watch watch = root.environment().signals().watch()) {
      SignalRelay signals = new SignalRelay(watch.first());
      while (true) {
        Failure failure;
        try {
          long rest = longest.toNanos() - (timers.nanoTime() - start);
          told(attempt(signals.next(), rest), timers.nanoTime() - start);
          return ExitCode.OK;
        } catch (Failure e) {
          failure = e;
        }
        if (signals.arrived() != null || !mayChange(failure)) {
          throw failure;
        }
        long left = longest.toNanos() - (timers.nanoTime() - start);
        if (left <= 0) {
          throw Failure.timedOut(
              "nobody answered within "
                  + longest.toMillis() / 1_000.0
                  + " s; last, "
                  + failure.sentence());
        }
        CountDownLatch over = new CountDownLatch(1);
        signals.next().thenAccept(signal -> over.countDown());
        timers.schedule(over::countDown, Math.min(RETRY_NANOS, left));
        over.await();
        Signal signal = signals.arrived();
        if (signal != null) {
          throw Failure.signalled(failure.sentence(), signal);
        }
      }
    }
  }

  /** What time can mend: nobody there yet, or nobody who answers yet. */
  private static boolean mayChange(Failure failure) {
    return failure.code() == Status.Code.UNAVAILABLE
        || failure.code() == Status.Code.DEADLINE_EXCEEDED;
  }

  private PongResponse attempt(CompletionStage<Signal> signal, long restNanos) throws Failure {
    long nanos = Math.max(1, Math.min(root.timeout().toNanos(), restNanos));
    Target target = root.target();
    String asked = "cannot ping " + target.name();
    try (GuestConnection connection =
        root.connect(target, signal, asked, Duration.ofNanos(nanos))) {
      return UnaryCall.run(
          connection.channel(),
          AgentServiceGrpc.getPingMethod(),
          UnaryCall.OPTIONS.withDeadlineAfter(nanos, TimeUnit.NANOSECONDS),
          PingRequest.getDefaultInstance(),
          signal,
          asked,
          ExitCode::of);
    }
  }

  private void told(PongResponse pong, long nanos) throws IOException {
    double seconds = TimeUnit.NANOSECONDS.toMillis(nanos) / 1_000.0;
    if (root.json()) {
      root.console()
          .line(new JsonObject().put("version", pong.getVersion()).put("waited_seconds", seconds));
    } else {
      root.console().line("agent " + pong.getVersion() + " answers after " + seconds + " s");
    }
  }
}
