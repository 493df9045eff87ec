package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.Timers;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What surrounds one run of {@code qx-guest}.
 *
 * @param stdout takes results; written to by one thread
 * @param stderr takes errors and notes; written to by one thread
 * @param variables environment variables
 * @param connector the way to agents
 * @param timers clock and timers, asked for only by commands that keep time
 * @param signals what may end a run early
 */
record Environment(
    OutputStream stdout,
    OutputStream stderr,
    Map<String, String> variables,
    GuestConnector connector,
    Supplier<Timers> timers,
    SignalSource signals) {

  /** The process's own. */
  static Environment ofProcess() {
    return new Environment(
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        System.getenv(),
        (target, timeout) -> new DefaultGuestConnector().connect(target, timeout),
        () -> new SystemTimers("qx-guest-timers"),
        new ProcessSignals());
  }
}
