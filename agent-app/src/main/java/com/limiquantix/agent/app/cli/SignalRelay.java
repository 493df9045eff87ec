package com.limiquantix.agent.app.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Tells the signal to one attempt after the other. What attempts hang on to the signal goes with
 * them, however many there are. Thread-safe.
 */
final class SignalRelay {
  private CompletableFuture<Signal> current = new CompletableFuture<>();
  private @Nullable Signal arrived;

  SignalRelay(CompletionStage<Signal> source) {
    source.thenAccept(this::signalled);
  }

  private void signalled(Signal signal) {
    CompletableFuture<Signal> told;
    synchronized (this) {
      arrived = signal;
      told = current;
    }
    told.complete(signal);
  }

  /** For the next attempt; the one before is told nothing more. Completed if a signal has come. */
  CompletionStage<Signal> next() {
    synchronized (this) {
      current =
          arrived == null ? new CompletableFuture<>() : CompletableFuture.completedFuture(arrived);
      return current;
    }
  }

  /** The signal that has come; null if none has. */
  synchronized @Nullable Signal arrived() {
    return arrived;
  }
}
