package com.limiquantix.agent.app.cli;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One question and its answer, which a signal can end. */
final class UnaryCall {
  /** Callbacks of our calls only pass a value on, so they may run on the transport's thread. */
  static final CallOptions OPTIONS = CallOptions.DEFAULT.withExecutor(Runnable::run);

  private UnaryCall() {}

  /** How a call ended. */
  sealed interface Outcome<A> {
    /** With an answer. */
    record Answered<A>(A answer) implements Outcome<A> {}

    /** With a status other than OK. */
    record Failed<A>(Status status) implements Outcome<A> {}

    /** Cancelled by us because of a signal. */
    record Signalled<A>(Signal signal) implements Outcome<A> {}
  }

  /**
   * Makes the call and waits for its end. A signal cancels it, also one that came before.
   *
   * @param asked what is attempted, for the failure's sentence
   * @param exitCodes the exit code of a failed call
   * @throws Failure if there is no answer
   */
  static <Q, A> A run(
      Channel channel,
      MethodDescriptor<Q, A> method,
      CallOptions options,
      Q request,
      CompletionStage<Signal> signal,
      String asked,
      ExitCodes exitCodes)
      throws Failure {
    Outcome<A> outcome = outcome(channel, method, options, request, signal);
    if (outcome instanceof Outcome.Answered<A> answered) {
      return answered.answer();
    }
    if (outcome instanceof Outcome.Signalled<A> signalled) {
      throw Failure.signalled(asked, signalled.signal());
    }
    Status status = ((Outcome.Failed<A>) outcome).status();
    throw Failure.ofCall(asked, status, exitCodes.of(status.getCode()));
  }

  /** Maps a failed call to an exit code. */
  @FunctionalInterface
  interface ExitCodes {
    int of(Status.Code code);
  }

  private static <Q, A> Outcome<A> outcome(
      Channel channel,
      MethodDescriptor<Q, A> method,
      CallOptions options,
      Q request,
      CompletionStage<Signal> signal) {
    ClientCall<Q, A> call = channel.newCall(method, options);
    CompletableFuture<Outcome<A>> outcome = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(call, request, new Last<>(outcome::complete));
    signal.thenAccept(
        number -> {
          if (outcome.complete(new Outcome.Signalled<>(number))) {
            call.cancel("SIG" + number, null);
          }
        });
    return outcome.join();
  }

  /** Hands over how a call with at most one answer ended, exactly once, when it has. */
  static final class Last<A> implements StreamObserver<A> {
    private final Consumer<Outcome<A>> end;
    private @Nullable A answer;

    Last(Consumer<Outcome<A>> end) {
      this.end = end;
    }

    @Override
    public void onNext(A value) {
      answer = value;
    }

    @Override
    public void onError(Throwable failure) {
      end.accept(new Outcome.Failed<>(Status.fromThrowable(failure)));
    }

    @Override
    public void onCompleted() {
      A value = answer;
      end.accept(
          value == null
              ? new Outcome.Failed<>(Status.INTERNAL.withDescription("an answer without content"))
              : new Outcome.Answered<>(value));
    }
  }
}
