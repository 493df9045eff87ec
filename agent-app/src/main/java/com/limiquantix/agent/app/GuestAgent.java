package com.limiquantix.agent.app;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigProblem;
import com.limiquantix.agent.app.config.ConfigReload;
import com.limiquantix.agent.app.config.LoadResult;
import com.limiquantix.agent.app.health.AgentHealth;
import com.limiquantix.agent.app.health.HealthReport;
import com.limiquantix.agent.handlers.core.AgentHandler;
import com.limiquantix.agent.handlers.core.BuildInfo;
import com.limiquantix.agent.handlers.event.EventBus;
import com.limiquantix.agent.handlers.event.EventHandler;
import com.limiquantix.agent.handlers.event.GuestFacts;
import com.limiquantix.agent.handlers.exec.ExecHandler;
import com.limiquantix.agent.handlers.exec.ExecLimits;
import com.limiquantix.agent.handlers.exec.LinuxProcessSpawner;
import com.limiquantix.agent.handlers.platform.linux.LinuxTelemetrySource;
import com.limiquantix.agent.handlers.telemetry.TelemetryFeed;
import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v2.AuditRecord;
import com.limiquantix.agent.security.limits.LimitInterceptor;
import com.limiquantix.agent.security.limits.LimitSettings;
import com.limiquantix.agent.security.policy.Policy;
import com.limiquantix.agent.security.policy.PolicyGuard;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.AgentServerBuilder;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guest agent that a program embeds: configuration and links in, running agent out. Here all
 * parts are made and joined, and they are closed in reverse order, also after a start that failed
 * half-way.
 *
 * <p>Life: {@link #start} once, then {@link #serve} and {@link #reload} as wanted; {@link #stop} at
 * any time. Thread-safe. The agent's own threads are daemons and end with it.
 */
public final class GuestAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuestAgent.class);

  /**
   * How long a command may take to end once it has been asked to. Shorter than the handler's
   * default, because a service that is told to end has two seconds for everything.
   */
  private static final Duration COMMAND_STOP_GRACE = Duration.ofSeconds(1);

  /** None of them ever blocks, and all have to be answered whatever else goes on. */
  private static final List<MethodDescriptor<?, ?>> SIGNS_OF_LIFE =
      List.of(
          AgentServiceGrpc.getPingMethod(),
          AgentServiceGrpc.getGetCapabilitiesMethod(),
          HealthGrpc.getCheckMethod(),
          HealthGrpc.getListMethod());

  private static final Duration LAST_WORDS = Duration.ofMillis(100);

  /** How {@link #stop} ended. */
  public enum StopResult {
    /** All calls had ended by themselves. */
    GRACEFUL,
    /** Calls were under way when the grace was over, and have been ended. */
    FORCED
  }

  private enum State {
    NEW,
    STARTED,
    STOPPED
  }

  private final GuestAgentBuilder settings;
  private final BuildInfo build = Build.info();
  private final long startNanos;
  private final Closers closers = new Closers();
  private final BufferBudget memory = BufferBudget.ofHeap();
  private final EventBus events;
  private final AgentHealth health;
  private final PolicyGuard guard;
  private volatile AgentConfig config;
  private volatile LimitSettings limits;
  private final AgentAudit audit;
  private volatile @Nullable TelemetryFeed telemetry;
  private volatile @Nullable LinuxProcessSpawner commands;

  /** Held by who starts or stops, for as long as that takes; nobody else needs it. */
  private final Object lifecycle = new Object();

  private State state = State.NEW;
  private Duration grace = Duration.ZERO;
  private StopResult result = StopResult.GRACEFUL;

  private final Object reloading = new Object();
  private volatile @Nullable AgentServer server;

  GuestAgent(GuestAgentBuilder settings) {
    this.settings = settings;
    this.config = settings.config;
    this.guard = new PolicyGuard(Policy.of(config.security().policy()));
    this.startNanos = settings.nanoTime.getAsLong();
    this.audit = new AgentAudit(config.audit(), settings.clock, this::tellHost);
    this.events = new EventBus(settings.clock, audit::head);
    this.limits = Interceptors.limits(config);
    this.health = new AgentHealth(settings.nanoTime);
  }

  /** Begins to build an agent that does what {@code config} allows. */
  public static GuestAgentBuilder builder(AgentConfig config) {
    return new GuestAgentBuilder(config, List.of());
  }

  /**
   * Begins to build what follows from reading a configuration. If that was refused, the agent is
   * locked: it serves ping, capabilities, health, subscriptions and thaw, refuses all else with
   * FAILED_PRECONDITION and the first problem, and tells every subscriber.
   */
  public static GuestAgentBuilder builder(LoadResult read) {
    return read instanceof LoadResult.Refused refused
        ? new GuestAgentBuilder(AgentConfig.defaults(), refused.problems())
        : builder(((LoadResult.Loaded) read).config());
  }

  /**
   * Starts the agent; when this returns it listens and can be given links.
   *
   * @throws IOException if it cannot listen where it was told to; the message says why. Nothing
   *     stays open then, and the agent is stopped. A port that is not there is waited for.
   * @throws IllegalStateException if it was started or stopped before
   */
  public void start() throws IOException {
    synchronized (lifecycle) {
      if (state != State.NEW) {
        throw new IllegalStateException("the agent is " + state + "; it can be started once");
      }
      state = State.STOPPED;
      try {
        server = compose();
        state = State.STARTED;
      } finally {
        if (state != State.STARTED) {
          closers.closeAll();
        }
      }
    }
  }

  /** Makes and joins all parts, in the order in which calls flow. */
  private AgentServer compose() throws IOException {
    ScheduledExecutorService scheduler = scheduler();
    Executor workers = workers();
    Timers timers = new SchedulerTimers(scheduler, settings.nanoTime);
    boolean devices = settings.devices && config.servesDevices();
    LinkLoop loop = settings.unixPaths.isEmpty() && !devices ? null : loop();

    // Closed after the server, so that calls that end with it are recorded.
    closers.add(audit::close);
    audit.apply(config);
    List<BindableService> services = new ArrayList<>(settings.services);
    Set<String> capabilities = new TreeSet<>(Set.of(Capabilities.CORE, Capabilities.EVENTS));
    if (!isLocked()) {
      addExec(services, capabilities, scheduler, workers);
      addTelemetry(capabilities, scheduler, workers);
    }
    services.add(health.service());
    services.add(
        new EventHandler(
            events,
            () -> ready(offered(capabilities)),
            telemetry,
            () -> guard.policy().offers(Capabilities.TELEMETRY),
            config.audit().toHost()));
    services.add(agentHandler(capabilities));

    AgentServer made = server(services, workers, timers);
    closers.add(() -> end(made));
    made.start();
    closers.add(events::close);
    closers.add(health::close);
    if (settings.watchdog != null) {
      List<Executor> threads = loop == null ? List.of() : List.of(loop);
      closers.add(Watchdog.start(timers, settings.watchdog, threads, settings.alive)::close);
    }
    announce(made, timers);
    if (loop != null) {
      listen(made, loop, timers);
    }
    if (loop != null && devices) {
      serveDevices(made, loop, timers);
    }
    return made;
  }

  private ScheduledExecutorService scheduler() {
    if (settings.scheduler != null) {
      return settings.scheduler;
    }
    ScheduledThreadPoolExecutor own = Workers.scheduler();
    closers.add(own::shutdownNow);
    return own;
  }

  private Executor workers() {
    if (settings.workers != null) {
      return settings.workers;
    }
    ThreadPoolExecutor own = Workers.bounded();
    closers.add(own::shutdown);
    health.watchWorkers(own);
    return own;
  }

  private LinkLoop loop() throws IOException {
    LinkLoop loop;
    try {
      loop =
          LinkLoop.start(
              "agent-links",
              (thread, fault) -> LOG.error("a link failed in thread {}", thread.getName(), fault));
    } catch (UnsupportedOperationException e) {
      throw new IOException(e.getMessage(), e);
    }
    closers.add(loop::close);
    health.watchLinks(loop);
    return loop;
  }

  /** Commands, where this system's way of running them is known. */
  private void addExec(
      List<BindableService> services,
      Set<String> capabilities,
      ScheduledExecutorService scheduler,
      Executor workers) {
    LinuxProcessSpawner spawner;
    try {
      spawner =
          new LinuxProcessSpawner(
              execLimits(), memory, scheduler, workers, settings.nanoTime, settings.keeper, guard);
    } catch (UnsupportedOperationException e) {
      LOG.warn("commands cannot be run on this system: {}", e.getMessage());
      return;
    }
    closers.add(spawner::close);
    settings.keptOutputs.forEach(spawner::adoptOutput);
    commands = spawner;
    services.add(new ExecHandler(spawner, this::execLimits, scheduler));
    capabilities.add(Capabilities.EXEC);
  }

  private void tellHost(AuditRecord record) {
    events.post(record);
  }

  private ExecLimits execLimits() {
    ExecLimits all = ExecLimits.DEFAULT;
    return new ExecLimits(
        Duration.ofSeconds(config.maxExecTimeoutSecs()),
        config.limits().maxConcurrentCommands(),
        config.limits().maxDetachedCommands(),
        all.defaultOutput(),
        all.maxOutput(),
        memory.limitBytes() / 2,
        COMMAND_STOP_GRACE,
        all.drainGrace());
  }

  /** Telemetry, where this system's way of reading it is known. */
  private void addTelemetry(
      Set<String> capabilities, ScheduledExecutorService scheduler, Executor workers) {
    LinuxTelemetrySource source;
    try {
      source = LinuxTelemetrySource.open();
    } catch (UnsupportedOperationException | IOException e) {
      LOG.warn("there is no telemetry of this system: {}", e.getMessage());
      return;
    }
    TelemetryFeed feed =
        new TelemetryFeed(
            source,
            scheduler,
            workers,
            settings.nanoTime,
            () -> Duration.ofSeconds(config.telemetryIntervalSecs()),
            events::post);
    closers.add(feed::close);
    telemetry = feed;
    health.watchTelemetry(feed, () -> config.telemetrySilenceLimitSecs());
    capabilities.add(Capabilities.TELEMETRY);
  }

  /** Of what this agent can do, what policy leaves to be asked for. */
  private Set<String> offered(Set<String> capabilities) {
    Policy policy = guard.policy();
    Set<String> offered = new TreeSet<>();
    for (String capability : capabilities) {
      if (policy.offers(capability)) {
        offered.add(capability);
      }
    }
    return offered;
  }

  private AgentHandler agentHandler(Set<String> capabilities) {
    return new AgentHandler(
        build,
        GuestFacts.kind(),
        GuestFacts.architecture(System.getProperty("os.arch", "")),
        () -> offered(capabilities),
        Map.of("locked", String.valueOf(isLocked())),
        settings.nanoTime,
        startNanos);
  }

  private AgentReadyEvent ready(Set<String> capabilities) {
    GuestFacts facts = GuestFacts.ofThisSystem();
    return AgentReadyEvent.newBuilder()
        .setVersion(build.version())
        .setOsName(facts.osName())
        .setOsVersion(facts.osVersion())
        .setKernelVersion(facts.kernelVersion())
        .setArchitecture(facts.architecture())
        .setHostname(facts.hostname())
        .addAllIpAddresses(facts.ipAddresses())
        .addAllCapabilities(capabilities)
        .build();
  }

  private AgentServer server(List<BindableService> services, Executor workers, Timers timers) {
    AgentServerBuilder builder =
        AgentServer.builder(workers, timers)
            .software("limiquantix-agent " + build.version())
            .protocols(config.protocols())
            .clock(settings.clock)
            .budget(memory);
    for (MethodDescriptor<?, ?> method : SIGNS_OF_LIFE) {
      builder.directMethod(method.getFullMethodName()).reservedMethod(method.getFullMethodName());
    }
    services.forEach(builder::addService);
    String reason = null;
    if (isLocked()) {
      reason = lockedBecause();
      builder.fallbackHandlerRegistry(new UnservedMethods());
    }
    List<ServerInterceptor> order =
        Interceptors.inOrder(
            settings.nanoTime,
            onWorkDone(workers, timers),
            audit.interceptor(settings.nanoTime),
            new LimitInterceptor(() -> limits, settings.nanoTime),
            reason,
            guard::policy,
            health.handlers());
    // gRPC calls the one first that was added last.
    for (int i = order.size() - 1; i >= 0; i--) {
      builder.intercept(order.get(i));
    }
    return builder.build();
  }

  private Runnable onWorkDone(Executor workers, Timers timers) {
    if (!settings.trimMemory) {
      return () -> {};
    }
    IdleTrim trim = new IdleTrim(timers, workers);
    // Starting is work too.
    trim.worked();
    return trim::worked;
  }

  private String lockedBecause() {
    return ConfigEvents.lockedBecause(settings.problems.get(0));
  }

  private void announce(AgentServer made, Timers timers) {
    List<String> services = new ArrayList<>();
    for (ServerServiceDefinition service : made.getServices()) {
      services.add(service.getServiceDescriptor().getName());
    }
    HealthReport report =
        new HealthReport(
            health.service(), events, isLocked() ? lockedBecause() : null, settings.summary);
    report.begin(services);
    health.start(timers, () -> config.health(), report);
    for (ConfigProblem problem : settings.problems) {
      LOG.error("the configuration is refused: {}", problem.describe());
    }
    config.remarks().forEach(remark -> LOG.warn("the configuration: {}", remark));
    if (isLocked()) {
      events.postStanding(ConfigEvents.locked(settings.problems.get(0)));
    }
  }

  private void listen(AgentServer made, LinkLoop loop, Timers timers) throws IOException {
    PeerCheck peers = settings.peers == null ? PeerCheck.ownUserOrRoot() : settings.peers;
    Admission admission = new Admission(loop, made);
    for (Path path : settings.unixPaths) {
      UnixListener listener = UnixListener.listen(loop, timers, path, peers, admission);
      closers.add(listener::close);
      LOG.info("listening on unix socket {}", path);
    }
  }

  /** All that are there at once; which of them is used is the host's choice. */
  private void serveDevices(AgentServer made, LinkLoop loop, Timers timers) {
    if (config.fixedDevice().isPresent()) {
      closers.add(ServedDevices.start(loop, timers, config, made)::close);
      return;
    }
    for (AgentConfig.LinkKind kind : config.transport().order()) {
      switch (kind) {
        case VSOCK -> closers.add(ServedVsock.start(loop, timers, config, made)::close);
        case VIRTIO_SERIAL -> closers.add(ServedDevices.start(loop, timers, config, made)::close);
      }
    }
  }

  /**
   * Serves the host at the other end of {@code link}; the agent then owns it. A stopped agent
   * closes it at once.
   *
   * @throws IllegalStateException if the agent was not started
   */
  public void serve(Link link) {
    AgentServer current = server;
    if (current == null) {
      throw new IllegalStateException("the agent is not started");
    }
    current.serve(link);
  }

  /**
   * Takes over what can change while the agent runs. A file that was refused changes nothing and is
   * reported to the host. A locked agent stays locked until it is started anew.
   *
   * @param next what reading the configuration again gave
   * @return what has changed, for the log
   */
  public ConfigReload reload(LoadResult next) {
    ConfigReload reload;
    synchronized (reloading) {
      reload = ConfigReload.between(config, next);
      config = reload.effective();
      limits = Interceptors.limits(config);
      if (reload instanceof ConfigReload.Applied) {
        guard.replace(Policy.of(config.security().policy()));
      }
      if (server != null && !isLocked()) {
        audit.apply(config);
      }
    }
    TelemetryFeed feed = telemetry;
    if (feed != null) {
      feed.intervalChanged();
    }
    health.settingsChanged();
    if (reload instanceof ConfigReload.Kept kept) {
      events.post(ConfigEvents.kept(kept.problems().get(0)));
    }
    return reload;
  }

  /** Whether the agent refuses all but what keeps its VM reachable. */
  public boolean isLocked() {
    return !settings.problems.isEmpty();
  }

  /**
   * Stops the agent: takes no new links and calls, ends subscriptions, lets other calls go on for
   * the grace, ends what is left and the commands that calls wait for. Returns when all that is
   * done: at most the grace and about five seconds later, without commands that ignore SIGTERM at
   * most the grace and a fraction of a second. While another thread starts or stops the agent, this
   * waits for it. A stopped agent answers as it did the first time. Not to be called from a
   * callback of the agent.
   *
   * @param callGrace how long calls may go on, 0 or more
   */
  public StopResult stop(Duration callGrace) {
    synchronized (lifecycle) {
      state = State.STOPPED;
      grace = callGrace;
      closers.closeAll();
      return result;
    }
  }

  /** Stops without a grace. */
  @Override
  public void close() {
    stop(Duration.ZERO);
  }

  private void end(AgentServer made) {
    made.shutdown();
    if (terminated(made, grace.plus(LAST_WORDS))) {
      return;
    }
    result = StopResult.FORCED;
    LinuxProcessSpawner running = commands;
    if (settings.keeper != null && running != null) {
      // Before their calls are ended, which would end them.
      running.close();
    }
    made.shutdownNow();
    if (!terminated(made, LAST_WORDS)) {
      LOG.warn("calls are still being served; their handlers do not end when cancelled");
    }
  }

  private static boolean terminated(AgentServer made, Duration within) {
    try {
      return made.awaitTermination(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
