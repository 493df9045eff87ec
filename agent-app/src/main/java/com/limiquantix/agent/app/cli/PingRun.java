package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.app.cli.UnaryCall.Outcome;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.Timers;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends pings at an even pace, whether or not the earlier ones are answered, and reports each when
 * its fate is known. All that happens becomes an event that the running thread takes up; at most as
 * many pings are open as fit into their time limit.
 */
final class PingRun {

  /**
   * @param count how many pings to send
   * @param interval time between two
   * @param deadline time until the run ends whatever is open; null for none
   * @param timeout time after which a ping counts as lost
   */
  record Plan(long count, Duration interval, @Nullable Duration deadline, Duration timeout) {}

  private sealed interface Event {
    record Tick() implements Event {}

    record Ended(long sequence, long nanos, Outcome<PongResponse> outcome) implements Event {}

    record TimeOver() implements Event {}

    record Signalled(Signal signal) implements Event {}
  }

  private final Channel channel;
  private final Timers timers;
  private final PingReport report;
  private final Plan plan;
  private final PingStatistics statistics = new PingStatistics();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private long open;

  PingRun(Channel channel, Timers timers, PingReport report, Plan plan) {
    this.channel = channel;
    this.timers = timers;
    this.report = report;
    this.plan = plan;
  }

  /**
   * Runs to the end of the plan or to a signal, and prints the summary.
   *
   * @return the exit code
   */
  int run(CompletionStage<Signal> signal) throws IOException, InterruptedException {
    long begin = timers.nanoTime();
    signal.thenAccept(number -> events.add(new Event.Signalled(number)));
    if (plan.deadline() != null) {
      timers.schedule(() -> events.add(new Event.TimeOver()), plan.deadline().toNanos());
    }
    send(begin);
    Event last = untilEnd(begin);
    report.end(statistics, timers.nanoTime() - begin);
    if (last instanceof Event.Signalled signalled && signalled.signal() != Signal.INT) {
      return ExitCode.SIGNAL_BASE + signalled.signal().number();
    }
    return statistics.received() > 0 ? ExitCode.OK : ExitCode.NO_ANSWER;
  }

  private Event untilEnd(long begin) throws IOException, InterruptedException {
    while (true) {
      Event event = events.take();
      if (event instanceof Event.Tick) {
        send(begin);
      } else if (event instanceof Event.Ended ended) {
        report(ended);
        if (open == 0 && statistics.transmitted() == plan.count()) {
          return event;
        }
      } else {
        return event;
      }
    }
  }

  private void send(long begin) {
    statistics.sent();
    open++;
    long sequence = statistics.transmitted();
    long sent = timers.nanoTime();
    ClientCalls.asyncUnaryCall(
        channel.newCall(
            AgentServiceGrpc.getPingMethod(),
            UnaryCall.OPTIONS.withDeadlineAfter(plan.timeout().toNanos(), TimeUnit.NANOSECONDS)),
        PingRequest.newBuilder().setSequence(sequence).build(),
        new UnaryCall.Last<>(
            outcome -> events.add(new Event.Ended(sequence, timers.nanoTime() - sent, outcome))));
    if (sequence < plan.count()) {
      // Measured from the beginning, so that delays of single pings do not add up.
      long next = begin + sequence * plan.interval().toNanos();
      timers.schedule(() -> events.add(new Event.Tick()), next - timers.nanoTime());
    }
  }

  private void report(Event.Ended ended) throws IOException {
    open--;
    if (ended.outcome() instanceof Outcome.Answered<PongResponse> answered) {
      if (answered.answer().getSequence() == ended.sequence()) {
        statistics.answered(ended.nanos());
        report.answered(ended.sequence(), ended.nanos(), answered.answer());
      } else {
        report.failed(
            ended.sequence(),
            Status.INTERNAL.withDescription("the answer carries another sequence number"));
      }
    } else if (ended.outcome() instanceof Outcome.Failed<PongResponse> failed) {
      report.failed(ended.sequence(), failed.status());
    }
  }
}
