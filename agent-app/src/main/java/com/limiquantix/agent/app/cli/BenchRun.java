package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.app.internal.jna.PlainSpawn;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc.AgentServiceBlockingStub;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc.ExecServiceBlockingStub;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.transport.Timers;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Measures calls as an embedder makes them: with deadlines, by generated blocking stubs, over the
 * channel that it is given. Every measurement takes half of its duration before to warm up.
 *
 * <p>Methods throw {@link StatusRuntimeException} for the first call that failed.
 */
final class BenchRun {
  private static final PingRequest PING = PingRequest.getDefaultInstance();
  private static final String PROGRAM = "/bin/true";

  /** With an argument, which it ignores: without one the message would mean a line for a shell. */
  private static final ExecuteRequest EXECUTE =
      ExecuteRequest.newBuilder().setCommand(PROGRAM).addArgs("x").setWaitForExit(true).build();

  /**
   * What came of a measurement.
   *
   * @param callers how many made one call after the other at the same time
   * @param latencies how long the calls took
   * @param nanos how long all of them took together
   */
  record Calls(int callers, Latencies latencies, long nanos) {

    /** Calls per second; 0 if no time has passed. */
    long perSecond() {
      return nanos <= 0 ? 0 : Math.round(latencies.count() * 1e9 / nanos);
    }
  }

  /**
   * @param execute {@code /bin/true} run by the agent
   * @param spawn run by this process itself, in turn with the agent
   */
  record Programs(Latencies execute, Latencies spawn) {}

  private final Channel channel;
  private final Timers timers;
  private final long durationNanos;
  private final long timeoutNanos;

  /**
   * @param duration of each measurement, without warming up
   * @param timeout of each call
   */
  BenchRun(Channel channel, Timers timers, Duration duration, Duration timeout) {
    this.channel = channel;
    this.timers = timers;
    this.durationNanos = duration.toNanos();
    this.timeoutNanos = timeout.toNanos();
  }

  /** Asks the agent for its version. */
  String version() throws InterruptedException {
    return ping(AgentServiceGrpc.newBlockingStub(channel)).getVersion();
  }

  /**
   * Measures pings without a pause.
   *
   * @param callers threads that make them at the same time, 1 or more
   */
  Calls pings(int callers) throws InterruptedException {
    pings(callers, durationNanos / 2);
    return pings(callers, durationNanos);
  }

  private Calls pings(int callers, long nanos) throws InterruptedException {
    long begin = timers.nanoTime();
    List<CompletableFuture<Latencies>> others = new ArrayList<>();
    for (int i = 1; i < callers; i++) {
      CompletableFuture<Latencies> other = new CompletableFuture<>();
      Thread thread = new Thread(() -> ping(begin, nanos, other), "qx-guest-bench-" + i);
      thread.setDaemon(true);
      thread.start();
      others.add(other);
    }
    Latencies all = ping(begin, nanos);
    for (CompletableFuture<Latencies> other : others) {
      all.add(result(other));
    }
    return new Calls(callers, all, timers.nanoTime() - begin);
  }

  private static Latencies result(CompletableFuture<Latencies> other) throws InterruptedException {
    try {
      return other.get();
    } catch (ExecutionException e) {
      throw Status.fromThrowable(e).asRuntimeException();
    }
  }

  /** Other callers end with the connection at the latest: their calls fail then. */
  private void ping(long begin, long nanos, CompletableFuture<Latencies> result) {
    try {
      result.complete(ping(begin, nanos));
    } catch (InterruptedException | RuntimeException e) {
      result.completeExceptionally(e);
    }
  }

  private Latencies ping(long begin, long nanos) throws InterruptedException {
    AgentServiceBlockingStub stub = AgentServiceGrpc.newBlockingStub(channel);
    Latencies latencies = new Latencies();
    long now = begin;
    while (now - begin < nanos) {
      ping(stub);
      long then = now;
      now = timers.nanoTime();
      latencies.add(now - then);
    }
    return latencies;
  }

  private PongResponse ping(AgentServiceBlockingStub stub) throws InterruptedException {
    try {
      return stub.withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS).ping(PING);
    } catch (StatusRuntimeException e) {
      throw interrupted(e);
    }
  }

  /**
   * Whether the agent runs the program at all.
   *
   * @throws StatusRuntimeException if it does not, also if the program fails
   */
  void tryProgram() throws InterruptedException {
    execute(ExecServiceGrpc.newBlockingStub(channel));
  }

  /**
   * Measures the running of a program by the agent beside that by this process, in turn.
   *
   * @throws UnsupportedOperationException if this system has no posix_spawn(3)
   */
  Programs programs() throws InterruptedException {
    PlainSpawn spawn = new PlainSpawn(PROGRAM);
    programs(spawn, durationNanos / 2);
    return programs(spawn, durationNanos);
  }

  private Programs programs(PlainSpawn spawn, long nanos) throws InterruptedException {
    ExecServiceBlockingStub stub = ExecServiceGrpc.newBlockingStub(channel);
    Programs programs = new Programs(new Latencies(), new Latencies());
    long begin = timers.nanoTime();
    long now = begin;
    while (now - begin < nanos) {
      spawn.run();
      long spawned = timers.nanoTime();
      execute(stub);
      long executed = timers.nanoTime();
      programs.spawn.add(spawned - now);
      programs.execute.add(executed - spawned);
      now = executed;
    }
    return programs;
  }

  private void execute(ExecServiceBlockingStub stub) throws InterruptedException {
    ExecuteResponse response;
    try {
      response = stub.withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS).execute(EXECUTE);
    } catch (StatusRuntimeException e) {
      throw interrupted(e);
    }
    if (!response.getError().isEmpty() || response.getExitCode() != 0) {
      throw Status.UNKNOWN
          .withDescription(
              PROGRAM + " ended with " + response.getExitCode() + " " + response.getError())
          .asRuntimeException();
    }
  }

  /** A blocking stub that is interrupted cancels its call and reports that. */
  private static StatusRuntimeException interrupted(StatusRuntimeException failure)
      throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return failure;
  }
}
