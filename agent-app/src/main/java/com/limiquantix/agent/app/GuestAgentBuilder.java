package com.limiquantix.agent.app;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigProblem;
import com.limiquantix.agent.handlers.exec.CommandKeeper;
import com.limiquantix.agent.transport.link.PeerCheck;
import io.grpc.BindableService;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Settings of a {@link GuestAgent} to be. Not thread-safe. */
public final class GuestAgentBuilder {
  final AgentConfig config;
  final List<ConfigProblem> problems;
  final List<Path> unixPaths = new ArrayList<>();
  final List<BindableService> services = new ArrayList<>();
  boolean devices;
  @Nullable PeerCheck peers;
  Clock clock = Clock.systemUTC();
  boolean trimMemory;
  @Nullable Duration watchdog;
  Runnable alive = () -> {};
  Consumer<String> summary = line -> {};
  @Nullable CommandKeeper keeper;
  List<Integer> keptOutputs = List.of();
  LongSupplier nanoTime = System::nanoTime;
  @Nullable ScheduledExecutorService scheduler;
  @Nullable Executor workers;

  GuestAgentBuilder(AgentConfig config, List<ConfigProblem> problems) {
    this.config = config;
    this.problems = List.copyOf(problems);
  }

  /** Listens on a unix socket that only its owner and root can open; may be called repeatedly. */
  public GuestAgentBuilder listenUnix(Path path) {
    unixPaths.add(path);
    return this;
  }

  /**
   * Serves the links that {@code device_path} and {@code transport} of the configuration stand for,
   * virtio-serial ports and vsock, as they come and go.
   */
  public GuestAgentBuilder serveDevices() {
    devices = true;
    return this;
  }

  /** Who may connect to the sockets; our own user and root unless said otherwise. */
  public GuestAgentBuilder peers(PeerCheck value) {
    peers = value;
    return this;
  }

  /** Adds a service of the embedder's. It passes the same interceptors as the agent's own. */
  public GuestAgentBuilder addService(BindableService service) {
    services.add(service);
    return this;
  }

  /** The guest's clock, for time stamps. */
  public GuestAgentBuilder clock(Clock value) {
    clock = value;
    return this;
  }

  /** Measures durations, as {@link System#nanoTime} does. */
  public GuestAgentBuilder nanoTime(LongSupplier value) {
    nanoTime = value;
    return this;
  }

  /** Keeps time limits; belongs to the caller and must outlive the agent. Default: its own. */
  public GuestAgentBuilder scheduler(ScheduledExecutorService value) {
    scheduler = value;
    return this;
  }

  /** Runs handlers; belongs to the caller and must outlive the agent. Default: its own. */
  public GuestAgentBuilder workers(Executor value) {
    workers = value;
    return this;
  }

  /**
   * Whether to collect garbage and give memory back to the system when work is over. For a process
   * that is the agent's alone; default: no.
   */
  public GuestAgentBuilder trimMemory(boolean value) {
    trimMemory = value;
    return this;
  }

  /**
   * Says again and again that the agent is alive, for whoever would else start it anew.
   *
   * @param allowed the longest time between two calls, more than 0
   * @param alive must not block
   */
  public GuestAgentBuilder watchdog(Duration allowed, Runnable alive) {
    watchdog = allowed;
    this.alive = alive;
    return this;
  }

  /**
   * Tells how the agent is, in one line, whenever that changes while it runs.
   *
   * @param value must not block
   */
  public GuestAgentBuilder summary(Consumer<String> value) {
    summary = value;
    return this;
  }

  /**
   * Lets commands go on when the agent stops, for an agent that is stopped to be started anew.
   *
   * @param value keeps them
   * @param outputs what it kept for this start: read ends of pipes that do not block; the agent's
   *     from its start on
   */
  public GuestAgentBuilder commandsOutlive(CommandKeeper value, List<Integer> outputs) {
    keeper = value;
    keptOutputs = List.copyOf(outputs);
    return this;
  }

  /** The agent; it must be started before it serves. */
  public GuestAgent build() {
    return new GuestAgent(this);
  }
}
