package com.limiquantix.agent.app.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Signals that a test raises. */
final class ManualSignals implements SignalSource {
  private final CompletableFuture<Signal> first = new CompletableFuture<>();

  void raise(Signal signal) {
    first.complete(signal);
  }

  @Override
  public Watch watch() {
    return new Watch() {
      @Override
      public CompletionStage<Signal> first() {
        return first;
      }

      @Override
      public void close() {}
    };
  }
}
