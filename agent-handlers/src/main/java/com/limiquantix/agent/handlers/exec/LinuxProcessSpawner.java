package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.JnaPosix;
import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import com.limiquantix.agent.protocol.MemoryBudget;
import com.limiquantix.agent.security.policy.Guard;
import io.grpc.Context;
import io.grpc.Status;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands on Linux: posix_spawn(3) into a session of their own, one thread that waits for all
 * of them, /proc to find what they started.
 *
 * <p>Promised: when a command is stopped, its process group, its session and all descendants that
 * can be told from their parents are ended, first by SIGTERM and after the grace by SIGKILL. When a
 * command ends by itself, what it left in its session is ended likewise, unless it was detached.
 * Not promised: a daemon that made a session of its own and whose parent has ended stays, as it
 * does when a shell ends.
 *
 * <p>Threads: one from the first command on, one while a command is being ended, and one for every
 * command that is being started at that moment, up to the number of commands allowed; the latter
 * two kinds end after five idle seconds.
 */
public final class LinuxProcessSpawner implements ProcessSpawner, AutoCloseable {
  /** At most 15 characters, so that the kernel keeps it whole. */
  static final String STARTER_NAME = "exec-start";

  private static final long IDLE_SECONDS = 5;
  private static final long CLOSE_MARGIN_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final int READ_BYTES = 64 * 1024;

  private static final Status ENDING =
      Status.UNAVAILABLE.withDescription("the agent is ending and starts no more commands");

  private final CommandServices services;
  private final ThreadPoolExecutor starters;
  private final ThreadPoolExecutor enders;
  private final byte[] readBuffer = new byte[READ_BYTES];

  private final Object lock = new Object();
  private final Set<LinuxCommand> attached = new HashSet<>();
  private final Set<LinuxCommand> detached = new HashSet<>();
  private boolean closed;

  /**
   * @param memory what all buffers of the agent share; output takes its part of it
   * @param scheduler for delays; its tasks never block; must end after this spawner
   * @param answers runs observers
   * @param nanoTime as {@link System#nanoTime}
   * @param keeper lets commands go on when this is closed; null if they are to be ended
   * @param guard says which commands may be run
   * @throws UnsupportedOperationException unless this is 64-bit Linux
   */
  public LinuxProcessSpawner(
      ExecLimits limits,
      MemoryBudget memory,
      ScheduledExecutorService scheduler,
      Executor answers,
      LongSupplier nanoTime,
      @Nullable CommandKeeper keeper,
      Guard guard) {
    this(JnaPosix.open(Set.of()), limits, memory, scheduler, answers, nanoTime, keeper, guard);
  }

  LinuxProcessSpawner(
      Posix posix,
      ExecLimits limits,
      MemoryBudget memory,
      ScheduledExecutorService scheduler,
      Executor answers,
      LongSupplier nanoTime,
      @Nullable CommandKeeper keeper,
      Guard guard) {
    starters =
        new ThreadPoolExecutor(
            0,
            limits.maxCommands() + limits.maxDetached(),
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> daemon(STARTER_NAME, adopted(posix, task)));
    enders =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> daemon("exec-end", task));
    enders.allowCoreThreadTimeOut(true);
    services =
        new CommandServices(
            posix,
            new CommandLoop(posix),
            new SpawnPlanner(posix, guard),
            limits,
            new OutputBudget(limits.outputBudget(), memory),
            scheduler,
            starters,
            enders,
            answers,
            nanoTime,
            keeper);
  }

  private static Runnable adopted(Posix posix, Runnable task) {
    return () -> {
      posix.adoptSpawnThread();
      task.run();
    };
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public RunningCommand start(CommandSpec spec, CommandObserver observer) {
    Set<LinuxCommand> group = spec.detached() ? detached : attached;
    LinuxCommand command =
        new LinuxCommand(services, spec, observer, readBuffer, gone -> remove(group, gone));
    Status refusal = add(group, command);
    if (refusal.isOk()) {
      refusal = tryStart(command);
      if (refusal.isOk()) {
        return command;
      }
      remove(group, command);
    }
    Status status = refusal;
    services.answers().execute(() -> observer.onFailed(status));
    return () -> {};
  }

  private Status tryStart(LinuxCommand command) {
    try {
      services.loop().ensureStarted();
      // What policy decides there is a fact about this call.
      starters.execute(Context.current().wrap(command::start));
      return Status.OK;
    } catch (PosixException e) {
      return ExecFailures.other("descriptors for commands", e.errno());
    } catch (RejectedExecutionException e) {
      return ENDING;
    }
  }

  private Status add(Set<LinuxCommand> group, LinuxCommand command) {
    ExecLimits limits = services.limits();
    synchronized (lock) {
      if (closed) {
        return ENDING;
      }
      int most = group == detached ? limits.maxDetached() : limits.maxCommands();
      if (group.size() >= most) {
        return Status.RESOURCE_EXHAUSTED.withDescription(
            most
                + (group == detached ? " commands run without a call" : " commands run")
                + " already, which is the most allowed: try again when one has ended");
      }
      group.add(command);
      return Status.OK;
    }
  }

  private void remove(Set<LinuxCommand> group, LinuxCommand command) {
    synchronized (lock) {
      group.remove(command);
      lock.notifyAll();
    }
  }

  /**
   * Takes over the output of a command that has outlived an earlier agent: it is read to its end
   * and dropped, so that the command can go on writing.
   *
   * @param fd the read end of a pipe, which does not block; this spawner's from here on
   */
  public void adoptOutput(int fd) {
    try {
      services.loop().ensureStarted();
    } catch (PosixException e) {
      services.posix().close(fd);
      return;
    }
    services
        .loop()
        .execute(
            () -> {
              OutputCollector nothing = new OutputCollector(0, services.budget());
              services
                  .loop()
                  .add(
                      new CommandPipe(
                          services.posix(),
                          services.loop(),
                          fd,
                          readBuffer,
                          nothing,
                          nothing::release));
            });
  }

  /**
   * Starts no more commands and ends those that a call waits for, as {@link RunningCommand#stop}
   * does; with a keeper those go on too, and their calls fail. Detached ones go on. Returns when
   * nothing is waited for any more, at the latest the grace and three seconds later.
   */
  @Override
  public void close() {
    Set<LinuxCommand> left;
    CommandKeeper keeper = services.keeper();
    synchronized (lock) {
      closed = true;
      left = Set.copyOf(attached);
    }
    if (keeper == null) {
      left.forEach(LinuxCommand::stop);
    } else {
      Set<Integer> pids = ConcurrentHashMap.newKeySet();
      left.forEach(command -> command.leaveTo(keeper, pids::addAll));
      awaitNone(services.limits().stopGrace().toNanos() + CLOSE_MARGIN_NANOS);
      if (!pids.isEmpty()) {
        keeper.separate(pids);
      }
    }
    awaitNone(services.limits().stopGrace().toNanos() + CLOSE_MARGIN_NANOS);
    starters.shutdown();
    services.loop().closeWhenIdle();
  }

  private void awaitNone(long nanos) {
    long end = System.nanoTime() + nanos;
    synchronized (lock) {
      try {
        for (long left = nanos; !attached.isEmpty() && left > 0; left = end - System.nanoTime()) {
          TimeUnit.NANOSECONDS.timedWait(lock, left);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
