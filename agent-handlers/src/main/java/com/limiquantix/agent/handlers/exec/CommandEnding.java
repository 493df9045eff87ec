package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Posix;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what belongs to a command: SIGTERM, a grace, then SIGKILL until nobody is left. Its steps
 * run on the enders' thread, one after the other.
 */
final class CommandEnding {
  private static final Logger log = LoggerFactory.getLogger(CommandEnding.class);

  private static final int FIRST_LOOK_MILLIS = 2;
  private static final int LAST_LOOK_MILLIS = 25;
  // What SIGKILL has not ended after so many looks, two seconds, waits for a device.
  private static final int MAX_KILLS = 80;

  private final CommandServices services;
  private final CommandTree tree;
  private final Runnable onDone;
  private long graceEndNanos;
  private int lookMillis = FIRST_LOOK_MILLIS;
  private int kills;

  /**
   * @param onDone told once, on the enders' thread, when nobody is left or nothing helps
   */
  CommandEnding(CommandServices services, int pid, Runnable onDone) {
    this.services = services;
    this.tree = new CommandTree(services.posix(), pid);
    this.onDone = onDone;
  }

  /** Ends the command and what it started. */
  void stop() {
    run(this::ask);
  }

  /** Ends what a command that has ended left in its session. */
  void sweep() {
    run(
        () -> {
          if (tree.hasSession()) {
            ask();
          } else {
            onDone.run();
          }
        });
  }

  private void ask() {
    graceEndNanos = services.nanoTime().getAsLong() + services.limits().stopGrace().toNanos();
    tree.signal(Posix.SIGTERM);
    lookLater();
  }

  private void look() {
    boolean forced = services.nanoTime().getAsLong() - graceEndNanos >= 0;
    int left = forced ? tree.signal(Posix.SIGKILL) : tree.count();
    kills += forced ? 1 : 0;
    if (left == 0 || kills > MAX_KILLS) {
      onDone.run();
    } else {
      lookLater();
    }
  }

  private void lookLater() {
    int delay = lookMillis;
    lookMillis = Math.min(2 * lookMillis, LAST_LOOK_MILLIS);
    try {
      services.scheduler().schedule(() -> run(this::look), delay, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.warn("the agent's scheduler has ended: a command is killed without a grace");
      tree.signal(Posix.SIGKILL);
      onDone.run();
    }
  }

  private void run(Runnable step) {
    services
        .enders()
        .execute(
            () -> {
              try {
                step.run();
              } catch (RuntimeException e) {
                log.error("ending a command failed", e);
                onDone.run();
              }
            });
  }
}
