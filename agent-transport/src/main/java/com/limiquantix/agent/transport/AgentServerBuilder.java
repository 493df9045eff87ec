package com.limiquantix.agent.transport;

import com.limiquantix.agent.protocol.ProtocolVersion;
import io.grpc.BindableService;
import io.grpc.HandlerRegistry;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Settings of a server to be. Not thread-safe. */
public final class AgentServerBuilder {
  final Executor executor;
  final Timers timers;
  final Map<String, ServerServiceDefinition> services = new LinkedHashMap<>();
  final List<ServerInterceptor> interceptors = new ArrayList<>();
  final List<ServerStreamTracer.Factory> tracers = new ArrayList<>();
  final Set<String> direct = new HashSet<>();
  final Set<String> reserved = new HashSet<>();
  TransportLimits limits = TransportLimits.DEFAULT;
  BufferBudget budget = BufferBudget.ofHeap();
  RandomGenerator random = new SecureRandom();
  String software = "limiquantix-agent";
  int maxInboundMessageBytes = AgentServer.DEFAULT_MAX_INBOUND_MESSAGE_BYTES;
  @Nullable HandlerRegistry fallback;
  Set<ProtocolVersion> protocols = EnumSet.of(ProtocolVersion.V2);
  InstantSource clock = InstantSource.system();

  AgentServerBuilder(Executor executor, Timers timers) {
    this.executor = executor;
    this.timers = timers;
  }

  /**
   * Adds a service.
   *
   * @throws IllegalArgumentException if one of that name was added before
   */
  public AgentServerBuilder addService(ServerServiceDefinition service) {
    String name = service.getServiceDescriptor().getName();
    if (services.putIfAbsent(name, service) != null) {
      throw new IllegalArgumentException("service " + name + " was added before");
    }
    return this;
  }

  /** Adds a service. */
  public AgentServerBuilder addService(BindableService service) {
    return addService(service.bindService());
  }

  /** Where methods are looked for that no added service has. */
  public AgentServerBuilder fallbackHandlerRegistry(HandlerRegistry registry) {
    fallback = registry;
    return this;
  }

  /** Adds an interceptor around all methods; the one added last is called first, as in gRPC. */
  public AgentServerBuilder intercept(ServerInterceptor interceptor) {
    interceptors.add(interceptor);
    return this;
  }

  /** Adds a factory of stream tracers. */
  public AgentServerBuilder addStreamTracerFactory(ServerStreamTracer.Factory factory) {
    tracers.add(factory);
    return this;
  }

  /**
   * Marks a method as never blocking: its callbacks run on the thread that reads the link, which
   * spares a hand-over. A handler that blocks there stops everything.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.AgentService/Ping}
   */
  public AgentServerBuilder directMethod(String fullMethodName) {
    direct.add(fullMethodName);
    return this;
  }

  /**
   * Keeps a place for a method that must be answered whatever else goes on: its messages have a
   * small budget of their own, and its calls do not count against {@link TransportLimits#maxCalls}.
   * For methods with small messages whose calls end at once.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.AgentService/Ping}
   */
  public AgentServerBuilder reservedMethod(String fullMethodName) {
    reserved.add(fullMethodName);
    return this;
  }

  /** What is taken from hosts and kept for them. */
  public AgentServerBuilder limits(TransportLimits value) {
    limits = value;
    return this;
  }

  /** The memory that messages may take; may be shared with others. */
  public AgentServerBuilder budget(BufferBudget value) {
    budget = value;
    return this;
  }

  /** Source of session tokens; must be cryptographically strong outside of tests. */
  public AgentServerBuilder random(RandomGenerator value) {
    random = value;
    return this;
  }

  /** Name and version that hosts are told. */
  public AgentServerBuilder software(String value) {
    software = value;
    return this;
  }

  /**
   * Largest message that is taken, in bytes, as gRPC counts it: before decompression and after.
   *
   * @param value 0 or more; default {@link AgentServer#DEFAULT_MAX_INBOUND_MESSAGE_BYTES}
   */
  public AgentServerBuilder maxInboundMessageBytes(int value) {
    if (value < 0) {
      throw new IllegalArgumentException("a message limit of " + value + " bytes");
    }
    maxInboundMessageBytes = value;
    return this;
  }

  /**
   * The protocols that hosts may speak. Default: version 2 alone. Version 1 reaches the methods
   * that {@link com.limiquantix.agent.protocol.V1Table} names, and has no protection against
   * contents that pose as requests.
   *
   * @throws IllegalArgumentException if there is none
   */
  public AgentServerBuilder protocols(Set<ProtocolVersion> value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("a server that speaks no protocol");
    }
    protocols = EnumSet.copyOf(value);
    return this;
  }

  /** Dates the messages of version 1. */
  public AgentServerBuilder clock(InstantSource value) {
    clock = value;
    return this;
  }

  /** The server; it must be started before it serves. */
  public AgentServer build() {
    return new AgentServer(this);
  }
}
