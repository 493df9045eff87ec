package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.app.cli.EventStream.Next;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.Timers;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints what happens in a guest, as it happens. */
@Command(
    name = "watch",
    description = {
      "Prints events and telemetry of the guest as they come, until stopped by Ctrl-C, which exits",
      "with 0. Exits with 255 when the agent goes, unless --follow is given."
    })
final class WatchCommand implements Callable<Integer> {
  private static final Duration MIN_INTERVAL = Duration.ofSeconds(1);
  private static final Duration MAX_INTERVAL = Duration.ofHours(1);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final RootCommand root;

  @Option(
      names = "--interval",
      paramLabel = "SECS",
      converter = Seconds.class,
      description = "Time between two telemetry reports, 1 to 3600. Default: the agent's own.")
  private @Nullable Duration interval;

  @Option(
      names = "--kinds",
      paramLabel = "KIND",
      split = ",",
      converter = WatchedKind.Converter.class,
      completionCandidates = WatchedKind.Candidates.class,
      description =
          "Print only these: ${COMPLETION-CANDIDATES}; separated by commas. Default: all.")
  private List<WatchedKind> kinds = new ArrayList<>();

  @Option(names = "--count", paramLabel = "N", description = "Exit after this many events.")
  private @Nullable Long count;

  @Option(
      names = "--follow",
      description = "When the agent cannot be reached or goes, try again until it is there.")
  private boolean follow;

  private long printed;
  private boolean outageTold;

  WatchCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws Failure, IOException, InterruptedException {
    SubscribeRequest request = request();
    try (SignalSource.Watch watch = root.environment().signals().watch()) {
      SignalRelay signals = new SignalRelay(watch.first());
      return follow ? untilToldToEnd(request, signals) : once(request, signals);
    }
  }

  private SubscribeRequest request() throws Failure {
    if (count != null && count < 1) {
      throw Failure.usage("watch: --count must be at least 1");
    }
    SubscribeRequest.Builder request = SubscribeRequest.newBuilder();
    for (WatchedKind kind : kinds) {
      request.addKinds(kind.kind());
    }
    if (interval != null) {
      if (interval.compareTo(MIN_INTERVAL) < 0 || interval.compareTo(MAX_INTERVAL) > 0) {
        throw Failure.usage("watch: --interval must be from 1 to 3600 seconds");
      }
      request.setTelemetryInterval(
          com.google.protobuf.Duration.newBuilder()
              .setSeconds(interval.getSeconds())
              .setNanos(interval.getNano()));
    }
    return request.build();
  }

  private int untilToldToEnd(SubscribeRequest request, SignalRelay signals)
      throws Failure, IOException, InterruptedException {
    Timers timers = root.environment().timers().get();
    while (true) {
      try {
        return once(request, signals);
      } catch (Failure e) {
        if (e.code() != Status.Code.UNAVAILABLE) {
          throw e;
        }
        if (!outageTold) {
          root.console().failure(e, root.json());
          outageTold = true;
        }
      }
      CountDownLatch over = new CountDownLatch(1);
      signals.next().thenAccept(signal -> over.countDown());
      timers.schedule(over::countDown, RETRY_NANOS);
      over.await();
    }
  }

  /** Returns the exit code when there is no more to be printed. */
  private int once(SubscribeRequest request, SignalRelay signals)
      throws Failure, IOException, InterruptedException {
    CompletionStage<Signal> signal = signals.next();
    Target target = root.target();
    String asked = "cannot watch " + target.name();
    try (GuestConnection connection = root.connect(target, signal, asked)) {
      EventStream stream = new EventStream(connection.channel(), request, signal);
      while (count == null || printed < count) {
        Next next = stream.next();
        if (next instanceof Next.Happened happened) {
          print(happened.event());
        } else if (next instanceof Next.Ended ended) {
          throw ended(asked, ended.status());
        } else {
          return exitCode(((Next.Signalled) next).signal());
        }
      }
      return ExitCode.OK;
    } catch (Failure e) {
      Signal arrived = signals.arrived();
      if (arrived != null) {
        return exitCode(arrived);
      }
      throw e;
    }
  }

  private static Failure ended(String asked, Status status) {
    Status reason =
        status.isOk()
            ? Status.UNAVAILABLE.withDescription("the agent has ended the subscription")
            : status;
    return Failure.ofCall(asked, reason, ExitCode.of(reason.getCode()));
  }

  private static int exitCode(Signal signal) {
    return signal == Signal.INT ? ExitCode.OK : ExitCode.SIGNAL_BASE + signal.number();
  }

  private void print(Event event) throws IOException {
    @Nullable WatchedKind kind =
        switch (event.getEventCase()) {
          case AGENT_READY -> WatchedKind.AGENT_READY;
          case TELEMETRY -> WatchedKind.TELEMETRY;
          case ERROR -> WatchedKind.ERROR;
          case AUDIT -> WatchedKind.AUDIT;
          case EVENT_NOT_SET -> null;
        };
    if (kind == null) {
      // A kind of a later version; the protocol says to ignore it.
      return;
    }
    if (root.json()) {
      root.console().line(EventJson.of(kind, event));
    } else {
      root.console().line(EventText.of(kind, event));
    }
    printed++;
    outageTold = false;
  }
}
