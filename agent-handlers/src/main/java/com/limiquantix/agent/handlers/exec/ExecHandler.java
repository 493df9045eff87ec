package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Execute: runs a command and answers with its output and exit code.
 *
 * <p>No thread waits for the command: the call returns once it has been handed to the spawner. A
 * call that is cancelled or whose deadline has passed ends the command and all that it started;
 * with {@code wait_for_exit = false} that holds until the answer, and the command belongs to the
 * agent afterwards. Commands that could not be started fail the call with the codes of {@link
 * ProcessSpawner#start}.
 */
public final class ExecHandler extends ExecServiceGrpc.ExecServiceImplBase {
  private final ProcessSpawner spawner;
  private final ExecLimits limits;
  private final ScheduledExecutorService scheduler;

  /**
   * @param scheduler for the commands' time limits; its tasks never block
   */
  public ExecHandler(
      ProcessSpawner spawner, ExecLimits limits, ScheduledExecutorService scheduler) {
    this.spawner = spawner;
    this.limits = limits;
    this.scheduler = scheduler;
  }

  @Override
  public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> responses) {
    ServerCallStreamObserver<ExecuteResponse> answer =
        (ServerCallStreamObserver<ExecuteResponse>) responses;
    try {
      CommandSpec spec = spec(request);
      ExecCall call =
          new ExecCall(answer, spec, scheduler, TimeUnit.SECONDS.toNanos(timeoutSeconds(request)));
      // Before the command starts: a call cancelled meanwhile must find somebody listening.
      answer.setOnCancelHandler(call::cancelled);
      call.run(spawner);
    } catch (StatusException e) {
      answer.onError(e);
    }
  }

  /** Seconds until the command is ended; 0 for one that may run for ever. */
  private long timeoutSeconds(ExecuteRequest request) throws StatusException {
    long asked = Integer.toUnsignedLong(request.getTimeoutSeconds());
    long most = limits.maxTimeout().toSeconds();
    if (asked > most) {
      throw invalid("timeout_seconds " + asked + " is more than the configured maximum of " + most);
    }
    return asked == 0 && request.getWaitForExit() ? most : asked;
  }

  private CommandSpec spec(ExecuteRequest request) throws StatusException {
    long output = Integer.toUnsignedLong(request.getMaxOutputBytes());
    if (output > limits.maxOutput()) {
      throw invalid(
          "max_output_bytes " + output + " is more than the maximum of " + limits.maxOutput());
    }
    return new CommandSpec(
        request.getCommand(),
        request.getArgsList(),
        nullIfEmpty(request.getWorkingDirectory()),
        request.getEnvironmentMap(),
        nullIfEmpty(request.getRunAsUser()),
        nullIfEmpty(request.getRunAsGroup()),
        request.getIncludeSupplementaryGroups(),
        output == 0 ? limits.defaultOutput() : (int) output,
        !request.getWaitForExit());
  }

  private static @Nullable String nullIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }

  private static StatusException invalid(String sentence) {
    return Status.INVALID_ARGUMENT.withDescription(sentence).asException();
  }
}
