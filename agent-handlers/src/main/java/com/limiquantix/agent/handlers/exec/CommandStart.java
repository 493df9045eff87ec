package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.exec.SpawnPlanner.Plan;
import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.Posix.DirectoryException;
import com.limiquantix.agent.handlers.internal.jna.Posix.Pipe;
import com.limiquantix.agent.handlers.internal.jna.Posix.SpawnPlan;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import io.grpc.StatusException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Starts one command: pipes, process, pidfd. Blocks; leaves no descriptor behind if it fails. */
final class CommandStart {
  private final CommandServices services;
  private final Posix posix;
  private final CommandSpec spec;

  CommandStart(CommandServices services, CommandSpec spec) {
    this.services = services;
    this.posix = services.posix();
    this.spec = spec;
  }

  /**
   * A command that runs.
   *
   * @param startNanos when it was spawned
   * @param stdout read end of its standard output, null if detached
   * @param stderr read end of its standard error, null if detached
   * @param pidfd readable once it has ended, null if the system has none
   */
  record Spawned(
      int pid,
      Plan plan,
      long startNanos,
      @Nullable Integer stdout,
      @Nullable Integer stderr,
      @Nullable Integer pidfd) {}

  Spawned spawn() throws StatusException {
    try (Plan plan = services.planner().plan(spec)) {
      return spec.detached() ? spawnDetached(plan) : spawnAttached(plan);
    } catch (PosixException e) {
      throw ExecFailures.other("descriptors for the command's output", e.errno()).asException();
    }
  }

  private Spawned spawnDetached(Plan plan) throws PosixException, StatusException {
    int nothing = posix.openNull();
    try {
      return spawn(plan, nothing, nothing, null, null);
    } finally {
      posix.close(nothing);
    }
  }

  private Spawned spawnAttached(Plan plan) throws PosixException, StatusException {
    Pipe stdout = posix.pipe();
    try {
      Pipe stderr = posix.pipe();
      try {
        return spawn(
            plan, stdout.writeEnd(), stderr.writeEnd(), stdout.readEnd(), stderr.readEnd());
      } catch (StatusException | RuntimeException e) {
        posix.close(stderr.readEnd());
        throw e;
      } finally {
        posix.close(stderr.writeEnd());
      }
    } catch (PosixException | StatusException | RuntimeException e) {
      posix.close(stdout.readEnd());
      throw e;
    } finally {
      posix.close(stdout.writeEnd());
    }
  }

  private Spawned spawn(
      Plan plan, int stdout, int stderr, @Nullable Integer readOut, @Nullable Integer readErr)
      throws StatusException {
    long start = services.nanoTime().getAsLong();
    try {
      int pid =
          posix.spawn(
              new SpawnPlan(
                  plan.file(), plan.argv(), plan.environment(), plan.directory(), stdout, stderr));
      OptionalInt pidfd = posix.pidfd(pid);
      return new Spawned(
          pid, plan, start, readOut, readErr, pidfd.isPresent() ? pidfd.getAsInt() : null);
    } catch (DirectoryException e) {
      throw ExecFailures.directory(plan.directory(), e.errno()).asException();
    } catch (PosixException e) {
      throw services.planner().explain(plan, e.errno()).asException();
    }
  }
}
