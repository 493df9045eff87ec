package com.limiquantix.agent.transport;

import com.limiquantix.agent.protocol.Limits;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.transport.internal.call.CallServer;
import com.limiquantix.agent.transport.internal.call.LinkAddress;
import com.limiquantix.agent.transport.internal.call.ServedCall;
import com.limiquantix.agent.transport.internal.call.TimersScheduler;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.session.AgentEndpoint;
import com.limiquantix.agent.transport.internal.session.CallStream;
import com.limiquantix.agent.transport.internal.session.Endpoint;
import com.limiquantix.agent.transport.internal.session.ServedStream;
import com.limiquantix.agent.transport.internal.session.Session;
import com.limiquantix.agent.transport.internal.session.V1Output;
import com.limiquantix.agent.transport.internal.session.V1Role;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.v1.V1AgentRole;
import io.grpc.Attributes;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC server over any number of links. It serves what {@link #serve} gives it; where links come
 * from is not its matter.
 *
 * <p>{@link #shutdown} lets open calls finish and refuses new ones with UNAVAILABLE; {@link
 * #shutdownNow} ends all. Links are closed with the last of their calls. Executor and timers belong
 * to who passed them in and must outlive the termination.
 */
public final class AgentServer extends Server {

  /** Messages up to this size are taken unless said otherwise: gRPC's own default. */
  public static final int DEFAULT_MAX_INBOUND_MESSAGE_BYTES = 4 << 20;

  private static final int KEPT_WRITE_BUFFERS = 2;

  /** Messages of reserved methods that may be on their way, over all links. */
  private static final long RESERVED_BYTES = 256 << 10;

  /** Calls of reserved methods that may be open beyond all others, for each link. */
  private static final int RESERVED_CALLS = 32;

  /** What a version 1 frame has beside a message: an id, a time, tags and lengths. */
  private static final int V1_ENVELOPE_BYTES = 1_024;

  /**
   * Calls that a host has given up take a place until their handlers have returned; with them it
   * may have so many times the calls that it may have open.
   */
  private static final long ENDING_CALLS_FACTOR = 2;

  private static final Status TOO_MANY_ENDING =
      Status.RESOURCE_EXHAUSTED.withDescription(
          "too many calls that were given up are still being ended; wait before the next ones");

  private final AgentServerBuilder settings;
  private final Map<String, ServerMethodDefinition<?, ?>> methods = new HashMap<>();
  private final List<ServerServiceDefinition> services = new ArrayList<>();
  private final BufferBudget reservedBudget = new BufferBudget(RESERVED_BYTES);
  private final Endpoint.Config config;
  private final ScheduledExecutorService deadlines;
  private final Object lock = new Object();
  private final Map<AgentEndpoint, Serving> endpoints = new HashMap<>();
  private final CountDownLatch terminated = new CountDownLatch(1);
  private boolean started;
  private boolean shutdown;
  private int liveCalls;

  AgentServer(AgentServerBuilder settings) {
    this.settings = settings;
    for (ServerServiceDefinition service : settings.services.values()) {
      ServerServiceDefinition intercepted =
          ServerInterceptors.intercept(service, settings.interceptors);
      services.add(service);
      for (ServerMethodDefinition<?, ?> method : intercepted.getMethods()) {
        methods.put(method.getMethodDescriptor().getFullMethodName(), method);
      }
    }
    this.config =
        new Endpoint.Config(
            settings.limits,
            settings.timers,
            new WriteBuffers(settings.limits, KEPT_WRITE_BUFFERS).pool,
            settings.software);
    this.deadlines = new TimersScheduler(settings.timers);
  }

  /**
   * Begins to build a server.
   *
   * @param executor runs the callbacks of calls; should have more than one thread if handlers block
   * @param timers measures deadlines
   */
  public static AgentServerBuilder builder(Executor executor, Timers timers) {
    return new AgentServerBuilder(executor, timers);
  }

  @Override
  public AgentServer start() {
    synchronized (lock) {
      if (started) {
        throw new IllegalStateException("Already started");
      }
      if (shutdown) {
        throw new IllegalStateException("Shutting down");
      }
      started = true;
    }
    return this;
  }

  /**
   * Serves the hosts at the other end of {@code link} until it closes; the server then owns it.
   * After shutdown the link is closed at once.
   *
   * @throws IllegalStateException if the server was not started
   */
  public void serve(Link link) {
    Serving serving = new Serving(link);
    boolean late;
    synchronized (lock) {
      if (!started) {
        throw new IllegalStateException("Not started");
      }
      late = shutdown;
      if (!late) {
        endpoints.put(serving.endpoint, serving);
      }
    }
    if (late) {
      link.close();
      return;
    }
    // Also if it was shut down meanwhile: only a link that was opened tells that it is closed.
    serving.endpoint.start();
  }

  /** How many links are being served now. */
  public int links() {
    synchronized (lock) {
      return endpoints.size();
    }
  }

  @Override
  public AgentServer shutdown() {
    List<Serving> idle;
    synchronized (lock) {
      shutdown = true;
      idle = endpoints.values().stream().filter(serving -> serving.calls == 0).toList();
    }
    for (Serving serving : idle) {
      serving.endpoint.close("the server is shutting down");
    }
    checkTerminated();
    return this;
  }

  @Override
  public AgentServer shutdownNow() {
    shutdown();
    List<AgentEndpoint> all;
    synchronized (lock) {
      all = List.copyOf(endpoints.keySet());
    }
    for (AgentEndpoint endpoint : all) {
      endpoint.close("the server was shut down at once");
    }
    checkTerminated();
    return this;
  }

  private void checkTerminated() {
    synchronized (lock) {
      if (shutdown && liveCalls == 0 && endpoints.isEmpty()) {
        terminated.countDown();
      }
    }
  }

  @Override
  public boolean isShutdown() {
    synchronized (lock) {
      return shutdown;
    }
  }

  @Override
  public boolean isTerminated() {
    return terminated.getCount() == 0;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return terminated.await(timeout, unit);
  }

  @Override
  public void awaitTermination() throws InterruptedException {
    terminated.await();
  }

  /** No port: always -1. */
  @Override
  public int getPort() {
    return -1;
  }

  @Override
  public List<? extends SocketAddress> getListenSockets() {
    return List.of();
  }

  @Override
  public List<ServerServiceDefinition> getServices() {
    return List.copyOf(services);
  }

  @Override
  public List<ServerServiceDefinition> getImmutableServices() {
    return getServices();
  }

  @Override
  public List<ServerServiceDefinition> getMutableServices() {
    HandlerRegistry fallback = settings.fallback;
    return fallback == null ? List.of() : fallback.getServices();
  }

  /** Sessions that hosts have open now. */
  public int openSessions() {
    synchronized (lock) {
      return (int)
          endpoints.keySet().stream().filter(endpoint -> endpoint.session() != null).count();
    }
  }

  /** Bytes that all links keep beside the messages of the budget. */
  long keptBytes() {
    List<AgentEndpoint> all;
    synchronized (lock) {
      all = List.copyOf(endpoints.keySet());
    }
    return all.stream().mapToLong(AgentEndpoint::keptBytes).sum();
  }

  private @Nullable ServerMethodDefinition<?, ?> find(String name, @Nullable String authority) {
    ServerMethodDefinition<?, ?> method = methods.get(name);
    HandlerRegistry fallback = settings.fallback;
    if (method != null || fallback == null) {
      return method;
    }
    ServerMethodDefinition<?, ?> found = fallback.lookupMethod(name, authority);
    return found == null ? null : intercepted(found);
  }

  /** gRPC has no public way to wrap one method, but one to wrap a service. */
  private ServerMethodDefinition<?, ?> intercepted(ServerMethodDefinition<?, ?> method) {
    MethodDescriptor<?, ?> descriptor = method.getMethodDescriptor();
    String service = Objects.requireNonNullElse(descriptor.getServiceName(), "");
    ServerServiceDefinition single =
        ServerServiceDefinition.builder(service).addMethod(method).build();
    ServerMethodDefinition<?, ?> wrapped =
        ServerInterceptors.intercept(single, settings.interceptors)
            .getMethod(descriptor.getFullMethodName());
    return Objects.requireNonNullElse(wrapped, method);
  }

  /** One link while it is served. */
  private final class Serving implements AgentEndpoint.ServerOwner, CallServer, V1AgentRole.Calls {
    private final AgentEndpoint endpoint;
    private final Attributes attributes;
    private final Attributes version1Attributes;
    private int calls;

    Serving(Link link) {
      this.endpoint = new AgentEndpoint(link, config, protocols(), settings.random, this);
      Attributes ofLink = LinkAddress.attributes(link.peer(), "agent");
      this.attributes = ofLink.toBuilder().set(ProtocolVersion.KEY, ProtocolVersion.V2).build();
      this.version1Attributes =
          ofLink.toBuilder().set(ProtocolVersion.KEY, ProtocolVersion.V1).build();
    }

    private Endpoint.Protocols protocols() {
      int largest =
          Math.min(Limits.V1_MAX_PAYLOAD_BYTES - V1_ENVELOPE_BYTES, settings.maxInboundMessageBytes)
              + V1_ENVELOPE_BYTES;
      return new Endpoint.Protocols(
          settings.protocols.contains(ProtocolVersion.V2),
          settings.protocols.contains(ProtocolVersion.V1)
              ? new Endpoint.Version1(this::version1, settings.budget, reservedBudget, largest)
              : null);
    }

    private V1Role version1(V1Output output) {
      return new V1AgentRole(output, this, settings.timers, settings.clock);
    }

    @Override
    public Optional<CallStream.Listener> open(
        String fullMethodName, Function<CallStream.Listener, ? extends ServedStream> streams) {
      return begins(fullMethodName) == null
          ? Optional.of(ServedCall.open(this, fullMethodName, streams))
          : Optional.empty();
    }

    /** Counts a call that begins; or says why it may not. */
    private @Nullable Status begins(String fullMethodName) {
      synchronized (lock) {
        if (shutdown) {
          return Status.UNAVAILABLE.withDescription("the server is shutting down");
        }
        if (calls >= ENDING_CALLS_FACTOR * maxCalls(fullMethodName)) {
          return TOO_MANY_ENDING;
        }
        liveCalls++;
        calls++;
        return null;
      }
    }

    @Override
    public void onOpen(AgentEndpoint source, Session session, Frame.Open open) {
      Status refusal = begins(open.message().getMethod());
      if (refusal != null) {
        ServedCall.refuse(session, open, refusal);
        return;
      }
      ServedCall.open(this, endpoint.callLock(), session, open);
    }

    @Override
    public void ended() {
      boolean last;
      synchronized (lock) {
        liveCalls--;
        calls--;
        last = shutdown && calls == 0 && endpoints.containsKey(endpoint);
      }
      if (last) {
        endpoint.close("the server is shutting down");
      }
      checkTerminated();
    }

    @Override
    public void onSessionBegan(Session session) {}

    @Override
    public void onSessionEnded(Session session, Status reason) {}

    @Override
    public void onCallClosed(Session session) {}

    @Override
    public void onLinkClosed(@Nullable Throwable cause) {
      synchronized (lock) {
        endpoints.remove(endpoint);
      }
      checkTerminated();
    }

    @Override
    public BufferBudget budget(String fullMethodName) {
      return settings.reserved.contains(fullMethodName) ? reservedBudget : settings.budget;
    }

    @Override
    public int maxCalls(String fullMethodName) {
      return settings.limits.maxCalls()
          + (settings.reserved.contains(fullMethodName) ? RESERVED_CALLS : 0);
    }

    @Override
    public TransportLimits limits() {
      return settings.limits;
    }

    @Override
    public int maxInboundMessageBytes() {
      return settings.maxInboundMessageBytes;
    }

    @Override
    public Executor executor(String fullMethodName) {
      return settings.direct.contains(fullMethodName) ? Runnable::run : settings.executor;
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> find(String name, @Nullable String authority) {
      return AgentServer.this.find(name, authority);
    }

    @Override
    public List<ServerStreamTracer.Factory> tracers() {
      return settings.tracers;
    }

    @Override
    public ScheduledExecutorService deadlines() {
      return deadlines;
    }

    @Override
    public Attributes attributes(ProtocolVersion protocol) {
      return protocol == ProtocolVersion.V1 ? version1Attributes : attributes;
    }
  }
}
