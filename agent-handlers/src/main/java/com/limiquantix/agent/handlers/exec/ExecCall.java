package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One Execute call. Its answer is sent by the spawner's executor, everything else under a lock. */
final class ExecCall implements CommandObserver, Context.CancellationListener {
  private final ServerCallStreamObserver<ExecuteResponse> answer;
  private final CommandSpec spec;
  private final ScheduledExecutorService scheduler;
  private final long timeoutNanos;
  private final Context context = Context.current();

  private final Object lock = new Object();
  private @Nullable RunningCommand command;
  private @Nullable Future<?> timer;
  private boolean stopAsked;
  private boolean timedOut;
  private boolean startAnswered;
  private boolean over;

  /**
   * @param timeoutNanos when to end the command; 0 for never
   */
  ExecCall(
      ServerCallStreamObserver<ExecuteResponse> answer,
      CommandSpec spec,
      ScheduledExecutorService scheduler,
      long timeoutNanos) {
    this.answer = answer;
    this.spec = spec;
    this.scheduler = scheduler;
    this.timeoutNanos = timeoutNanos;
  }

  void run(ProcessSpawner spawner) {
    RunningCommand started = spawner.start(spec, this);
    boolean stop;
    synchronized (lock) {
      command = started;
      stop = stopAsked;
      if (timeoutNanos > 0 && !over) {
        timer = scheduler.schedule(this::timeUp, timeoutNanos, TimeUnit.NANOSECONDS);
      }
    }
    if (stop) {
      started.stop();
    }
    // A context that has been cancelled already tells so at once.
    context.addListener(this, Runnable::run);
  }

  @Override
  public void cancelled(Context ignored) {
    cancelled();
  }

  /** Nobody waits for the answer any more: the call was cancelled or its deadline has passed. */
  void cancelled() {
    stop(false);
  }

  private void timeUp() {
    stop(true);
  }

  private void stop(boolean byTimer) {
    RunningCommand running;
    synchronized (lock) {
      // What has been answered for belongs to the agent: only its time limit still ends it.
      if (over || (startAnswered && !byTimer)) {
        return;
      }
      stopAsked = true;
      timedOut |= byTimer;
      running = command;
    }
    if (running != null) {
      running.stop();
    }
  }

  @Override
  public void onStarted() {
    if (!spec.detached()) {
      return;
    }
    synchronized (lock) {
      if (stopAsked) {
        return;
      }
      startAnswered = true;
    }
    context.removeListener(this);
    reply(ExecuteResponse.getDefaultInstance());
  }

  @Override
  public void onExit(CommandResult result) {
    boolean late = end();
    if (spec.detached()) {
      if (!isStartAnswered()) {
        reply(ExecuteResponse.getDefaultInstance());
      }
      return;
    }
    OutputText out = OutputText.of(result.stdout(), result.stdoutCut(), spec.outputLimit());
    OutputText err = OutputText.of(result.stderr(), result.stderrCut(), spec.outputLimit());
    reply(
        ExecuteResponse.newBuilder()
            .setExitCode(result.exitCode())
            .setStdoutBytes(out.utf8())
            .setStderrBytes(err.utf8())
            .setTruncated(out.cut() || err.cut())
            .setTimedOut(late)
            .setDurationMs(TimeUnit.NANOSECONDS.toMillis(result.nanos()))
            .build());
  }

  @Override
  public void onFailed(Status status) {
    end();
    if (!isStartAnswered()) {
      answer.onError(status.asException());
    }
  }

  private boolean isStartAnswered() {
    synchronized (lock) {
      return startAnswered;
    }
  }

  /** Returns whether the time was up. */
  private boolean end() {
    context.removeListener(this);
    synchronized (lock) {
      over = true;
      if (timer != null) {
        timer.cancel(false);
      }
      return timedOut;
    }
  }

  private void reply(ExecuteResponse response) {
    // After a cancellation both do nothing, as there is a cancel handler.
    answer.onNext(response);
    answer.onCompleted();
  }
}
