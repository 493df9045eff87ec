package com.limiquantix.agent.app.cli;

import java.util.concurrent.CompletionStage;

/** Where signals come from: the process, or a test. */
@FunctionalInterface
interface SignalSource {

  /** Begins to hold back the signals' usual effect, until the watch is closed. */
  Watch watch();

  /** A time in which the first signal is reported instead of ending the process. */
  interface Watch extends AutoCloseable {

    /**
     * Completes with the first signal, on a thread of the source; never if none comes. A second one
     * of the same kind has its usual effect.
     */
    CompletionStage<Signal> first();

    /** Gives all signals their usual effect back. */
    @Override
    void close();
  }
}
