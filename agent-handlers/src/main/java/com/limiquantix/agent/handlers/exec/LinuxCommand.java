package com.limiquantix.agent.handlers.exec;

import com.google.protobuf.ByteString;
import com.limiquantix.agent.handlers.exec.CommandStart.Spawned;
import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.Posix.Exit;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.SynchronizationContext;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One command from its start until nothing of it is left.
 *
 * <p>A starter's thread spawns it, the loop's thread owns its state, the enders' thread looks at
 * and signals its processes. It stays a zombie until its session is empty, so that its number means
 * that session and nothing else.
 */
final class LinuxCommand implements RunningCommand {
  private static final Logger log = LoggerFactory.getLogger(LinuxCommand.class);

  /**
   * Names of a process that has not executed its program yet. posix_spawn returns a moment before
   * the new process loses the name of the thread that spawned it.
   */
  private static final Set<String> INDIRECT_NAMES =
      Set.of(LinuxProcessSpawner.STARTER_NAME, "chroot", "env");

  private static final long SEPARATE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int SIGNAL_BASE = 128; // as shells report it
  private static final int FIRST_CHECK_MILLIS = 1;
  private static final int LAST_CHECK_MILLIS = 25;
  private static final int MAX_START_CHECKS = 60;

  private final CommandServices services;
  private final Posix posix;
  private final CommandLoop loop;
  private final CommandSpec spec;
  private final CommandObserver observer;
  private final byte[] readBuffer;
  private final Consumer<LinuxCommand> onGone;
  private final SynchronizationContext calls =
      new SynchronizationContext(
          (thread, error) -> log.error("an observer of a command failed", error));

  // Of the loop's thread.
  private @Nullable Spawned spawned;
  private @Nullable CommandPipe stdout;
  private @Nullable CommandPipe stderr;
  private CommandLoop.@Nullable Source exitSource;
  private @Nullable Exit exit;
  private long endNanos;
  private boolean stopAsked;
  private boolean answered;
  private boolean settled;
  private boolean ending;
  private boolean givenUp;

  /**
   * @param readBuffer room for the loop's thread to read into
   * @param onGone told once, when the command holds nothing any more; any thread
   */
  LinuxCommand(
      CommandServices services,
      CommandSpec spec,
      CommandObserver observer,
      byte[] readBuffer,
      Consumer<LinuxCommand> onGone) {
    this.services = services;
    this.posix = services.posix();
    this.loop = services.loop();
    this.spec = spec;
    this.observer = observer;
    this.readBuffer = readBuffer;
    this.onGone = onGone;
  }

  /** Spawns it, on a starter's thread. */
  void start() {
    try {
      Spawned result = new CommandStart(services, spec).spawn();
      loop.execute(() -> started(result));
    } catch (StatusException e) {
      notStarted(e.getStatus());
    } catch (RuntimeException | Error e) {
      log.error("starting a command failed", e);
      notStarted(
          Status.INTERNAL.withDescription(
              spec.label() + " was not started: the agent failed, see its log"));
    }
  }

  private void notStarted(Status status) {
    loop.execute(
        () -> {
          onGone.accept(this);
          fail(status);
        });
  }

  @Override
  public void stop() {
    loop.execute(
        () -> {
          if (spawned == null) {
            // It may be on its way; only a start that hangs is worth telling of.
            stopAsked = true;
            later(this::failUnlessStarted, services.limits().stopGrace().toNanos());
          } else if (!settled) {
            end(spawned);
          }
        });
  }

  /**
   * Lets it go on alone: its call fails, its output is kept open, and nobody here waits for it.
   *
   * @param left is told its processes before the command is gone, in the loop's thread
   */
  void leaveTo(CommandKeeper keeper, Consumer<Set<Integer>> left) {
    loop.execute(
        () -> {
          Spawned command = spawned;
          if (command == null || exit != null || ending || settled) {
            stop();
            return;
          }
          settled = true;
          boolean kept = keep(keeper, command.stdout()) && keep(keeper, command.stderr());
          left.accept(new CommandTree(posix, command.pid()).pids());
          closePipes();
          closeExitSource();
          fail(
              Status.UNAVAILABLE.withDescription(
                  "the agent is ending; "
                      + spec.label()
                      + " goes on as process "
                      + command.pid()
                      + (kept ? "" : ", and ends if it writes to its output")));
          onGone.accept(this);
        });
  }

  private static boolean keep(CommandKeeper keeper, @Nullable Integer fd) {
    return fd == null || keeper.keepOutput(fd);
  }

  /** A command that takes its time is put apart; most have ended before that is worth it. */
  private void separateLater(Spawned command, CommandKeeper keeper) {
    later(
        () -> {
          if (exit == null && !settled) {
            services
                .enders()
                .execute(() -> keeper.separate(new CommandTree(posix, command.pid()).pids()));
          }
        },
        SEPARATE_NANOS);
  }

  private void failUnlessStarted() {
    if (spawned == null) {
      fail(
          Status.DEADLINE_EXCEEDED.withDescription(
              spec.label()
                  + " was stopped before it could start: the file system or the name service of"
                  + " the guest did not answer in time"));
    }
  }

  private void started(Spawned command) {
    spawned = command;
    stdout = open(command.stdout());
    stderr = open(command.stderr());
    if (command.pidfd() == null) {
      checkLater(FIRST_CHECK_MILLIS);
    } else {
      exitSource = new ExitSource(command.pidfd());
      loop.add(exitSource);
    }
    CommandKeeper keeper = services.keeper();
    if (keeper != null) {
      separateLater(command, keeper);
    }
    if (stopAsked) {
      end(command);
    } else if (!command.plan().indirect()) {
      tell(observer::onStarted);
    } else if (spec.detached()) {
      awaitProgram(command, 0);
    }
  }

  private @Nullable CommandPipe open(@Nullable Integer fd) {
    if (fd == null) {
      return null;
    }
    OutputCollector collector = new OutputCollector(spec.outputLimit(), services.budget());
    CommandPipe pipe = new CommandPipe(posix, loop, fd, readBuffer, collector, this::outputEnded);
    loop.add(pipe);
    return pipe;
  }

  private final class ExitSource implements CommandLoop.Source {
    private final int pidfd;

    ExitSource(int pidfd) {
      this.pidfd = pidfd;
    }

    @Override
    public int fd() {
      return pidfd;
    }

    @Override
    public void ready() {
      checkExit();
    }
  }

  /** Without a pidfd: asks again and again, seldom if it runs long. */
  private void checkLater(int millis) {
    later(
        () -> {
          checkExit();
          if (exit == null) {
            checkLater(Math.min(2 * millis, LAST_CHECK_MILLIS));
          }
        },
        TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private void outputEnded() {
    if (exit != null) {
      settleIfDrained();
    } else if (exitSource == null && spawned != null) {
      checkExit();
    }
  }

  private void checkExit() {
    Spawned command = spawned;
    if (exit != null || command == null) {
      return;
    }
    Optional<Exit> ended;
    try {
      ended = posix.peekExit(command.pid());
    } catch (PosixException e) {
      lost(e);
      return;
    }
    if (ended.isEmpty()) {
      return;
    }
    exit = ended.get();
    endNanos = services.nanoTime().getAsLong();
    closeExitSource();
    if (givenUp) {
      release(command);
    } else if (!ending) {
      drain();
      settleIfDrained();
      if (!settled) {
        later(this::settle, services.limits().drainGrace().toNanos());
      }
    }
  }

  /** Somebody else reaped it, or SIGCHLD is ignored in this process: wait(2). */
  private void lost(PosixException e) {
    log.error("a command's end cannot be learnt", e);
    closeExitSource();
    closePipes();
    settled = true;
    onGone.accept(this);
    fail(
        Status.INTERNAL.withDescription(
            spec.label() + " has ended, but not how: the agent must not ignore SIGCHLD"));
  }

  private void settleIfDrained() {
    if ((stdout == null || !stdout.isOpen()) && (stderr == null || !stderr.isOpen())) {
      settle();
    }
  }

  /** It has ended by itself and its output is complete, or complete enough. */
  private void settle() {
    Spawned command = spawned;
    Exit end = exit;
    if (settled || ending || command == null || end == null) {
      return;
    }
    settled = true;
    drain();
    closePipes();
    Runnable answer = answer(command, end);
    if (spec.detached()
        || CommandTree.isCertainlyAlone(posix, command.pid(), endNanos - command.startNanos())) {
      release(command);
    } else {
      new CommandEnding(services, command.pid(), () -> loop.execute(() -> release(command)))
          .sweep();
    }
    answer.run();
  }

  private void end(Spawned command) {
    if (!ending) {
      ending = true;
      new CommandEnding(services, command.pid(), () -> loop.execute(() -> stopped(command))).stop();
    }
  }

  private void stopped(Spawned command) {
    checkExit();
    settled = true;
    drain();
    closePipes();
    Exit end = exit;
    if (end == null) {
      givenUp = true;
      fail(
          Status.DEADLINE_EXCEEDED.withDescription(
              spec.label()
                  + " does not end, not even by SIGKILL: process "
                  + command.pid()
                  + " waits for a device or file system of the guest"));
      return;
    }
    Runnable answer = answer(command, end);
    release(command);
    answer.run();
  }

  /** What to tell; must be asked for while the command is a zombie. */
  private Runnable answer(Spawned command, Exit end) {
    ByteString out = stdout == null ? ByteString.EMPTY : stdout.collector().bytes();
    ByteString err = stderr == null ? ByteString.EMPTY : stderr.collector().bytes();
    if (neverRan(command, end)) {
      Status why = SpawnPlanner.indirectFailure(command.plan(), end.value(), err.toStringUtf8());
      return () -> fail(why);
    }
    CommandResult result =
        new CommandResult(
            end.signaled() ? SIGNAL_BASE + end.value() : end.value(),
            out,
            err,
            stdout != null && stdout.collector().isCut(),
            stderr != null && stderr.collector().isCut(),
            endNanos - command.startNanos());
    return () -> finish(() -> observer.onExit(result));
  }

  /** A process keeps its name as a zombie, and takes the program's when it executes it. */
  private boolean neverRan(Spawned command, Exit end) {
    return command.plan().indirect()
        && !end.signaled()
        && SpawnPlanner.mayBeIndirectFailure(end.value())
        && isStillIndirect(command);
  }

  private static boolean isStillIndirect(Spawned command) {
    String program = command.plan().program();
    String own = program.substring(program.lastIndexOf('/') + 1);
    return ProcessTable.read(command.pid())
        .map(ProcessTable.Entry::name)
        .filter(name -> INDIRECT_NAMES.contains(name))
        .filter(name -> !name.equals(own))
        .isPresent();
  }

  private void awaitProgram(Spawned command, int checks) {
    if (exit != null || ending) {
      return;
    }
    if (checks < MAX_START_CHECKS && isStillIndirect(command)) {
      later(
          () -> awaitProgram(command, checks + 1),
          TimeUnit.MILLISECONDS.toNanos(Math.min(FIRST_CHECK_MILLIS + checks, LAST_CHECK_MILLIS)));
    } else {
      tell(observer::onStarted);
    }
  }

  private void release(Spawned command) {
    posix.reap(command.pid());
    onGone.accept(this);
  }

  private void fail(Status status) {
    finish(() -> observer.onFailed(status));
  }

  /** Tells the end, unless it has been told, and gives the output's room back after that. */
  private void finish(Runnable call) {
    if (!answered) {
      answered = true;
      tell(call);
    }
    if (stdout != null && stderr != null) {
      tell(stdout.collector()::release);
      tell(stderr.collector()::release);
    }
  }

  private void tell(Runnable call) {
    calls.executeLater(call);
    try {
      services.answers().execute(calls::drain);
    } catch (RejectedExecutionException e) {
      log.warn("the agent is ending: what became of a command is told to nobody");
      calls.drain();
    }
  }

  private void drain() {
    if (stdout != null) {
      stdout.drain();
    }
    if (stderr != null) {
      stderr.drain();
    }
  }

  private void closePipes() {
    if (stdout != null) {
      stdout.close();
    }
    if (stderr != null) {
      stderr.close();
    }
  }

  private void closeExitSource() {
    if (exitSource != null) {
      loop.remove(exitSource);
      posix.close(exitSource.fd());
      exitSource = null;
    }
  }

  /** Runs {@code task} later on the loop's thread, or never if the agent is ending. */
  private void later(Runnable task, long nanos) {
    try {
      services.scheduler().schedule(() -> loop.execute(task), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("the agent is ending: a command is not looked at any more");
    }
  }
}
