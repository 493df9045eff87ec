package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Posix;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all commands of a spawner share.
 *
 * @param starters runs what blocks until a program has been executed, on threads for {@link
 *     Posix#spawn}
 * @param enders runs what reads /proc, one task at a time
 * @param answers runs observers
 * @param keeper lets commands outlive the agent; null if they cannot
 */
record CommandServices(
    Posix posix,
    CommandLoop loop,
    SpawnPlanner planner,
    ExecLimits limits,
    OutputBudget budget,
    ScheduledExecutorService scheduler,
    Executor starters,
    Executor enders,
    Executor answers,
    LongSupplier nanoTime,
    @Nullable CommandKeeper keeper) {}
