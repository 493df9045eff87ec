package com.limiquantix.agent.app;

import com.limiquantix.agent.app.logging.AgentLogging;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The agent as a program. See {@link AgentCommand} for its options and exit codes. */
public final class Main {
  /**
   * A service that is told to end has two seconds; on a busy machine the JVM needs a part of it.
   */
  private static final long END_WITHIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1_600);

  private Main() {}

  /**
   * Runs the agent until a signal ends it, and then the process with the exit code.
   *
   * @param args the command line, as {@code limiquantix-agent --help} describes it
   */
  public static void main(String[] args) {
    if (AgentSignals.endIsPending()) {
      Runtime.getRuntime().halt(AgentCommand.OK);
    }
    AgentLogging.bind();
    Requests requests = new Requests();
    AgentSignals.listen(() -> stop(requests), requests::reload);
    System.exit(AgentCommand.run(args, System.out, System.err, requests));
  }

  /** Asks for an orderly end, and ends the process if that takes too long or is never seen. */
  private static void stop(Requests requests) {
    if (requests.stopping()) {
      return;
    }
    requests.stop();
    long end = System.nanoTime() + END_WITHIN_NANOS;
    for (long left = END_WITHIN_NANOS; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    Runtime.getRuntime().halt(AgentCommand.OK);
  }
}
