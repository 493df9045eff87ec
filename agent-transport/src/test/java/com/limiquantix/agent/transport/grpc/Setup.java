package com.limiquantix.agent.transport.grpc;

import io.grpc.BindableService;
import io.grpc.ClientInterceptor;
import io.grpc.HandlerRegistry;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;

/**
 * What a test wants of a channel and a server. Whoever makes the pair must heed every part of it;
 * an empty limit means the transport's default, which is gRPC's: 4 MiB for a message, 8 KiB for
 * metadata.
 */
public final class Setup {
  private final List<ServerServiceDefinition> services = new ArrayList<>();
  private final List<ServerInterceptor> serverInterceptors = new ArrayList<>();
  private final List<ServerStreamTracer.Factory> serverTracers = new ArrayList<>();
  private final List<ClientInterceptor> clientInterceptors = new ArrayList<>();
  private Optional<HandlerRegistry> fallback = Optional.empty();
  private OptionalInt serverMaxMessage = OptionalInt.empty();
  private OptionalInt serverMaxMetadata = OptionalInt.empty();
  private OptionalInt clientMaxMessage = OptionalInt.empty();
  private OptionalInt clientMaxMetadata = OptionalInt.empty();
  private Executor serverExecutor;
  private Executor clientExecutor;

  Setup(Executor serverExecutor, Executor clientExecutor) {
    this.serverExecutor = serverExecutor;
    this.clientExecutor = clientExecutor;
  }

  Setup service(ServerServiceDefinition service) {
    services.add(service);
    return this;
  }

  Setup service(BindableService service) {
    return service(service.bindService());
  }

  Setup serverInterceptor(ServerInterceptor interceptor) {
    serverInterceptors.add(interceptor);
    return this;
  }

  Setup serverTracer(ServerStreamTracer.Factory tracer) {
    serverTracers.add(tracer);
    return this;
  }

  Setup clientInterceptor(ClientInterceptor interceptor) {
    clientInterceptors.add(interceptor);
    return this;
  }

  Setup fallback(HandlerRegistry registry) {
    fallback = Optional.of(registry);
    return this;
  }

  Setup maxMessage(int bytes) {
    return serverMaxMessage(bytes).clientMaxMessage(bytes);
  }

  Setup serverMaxMessage(int bytes) {
    serverMaxMessage = OptionalInt.of(bytes);
    return this;
  }

  Setup clientMaxMessage(int bytes) {
    clientMaxMessage = OptionalInt.of(bytes);
    return this;
  }

  Setup serverMaxMetadata(int bytes) {
    serverMaxMetadata = OptionalInt.of(bytes);
    return this;
  }

  Setup clientMaxMetadata(int bytes) {
    clientMaxMetadata = OptionalInt.of(bytes);
    return this;
  }

  Setup executors(Executor server, Executor client) {
    serverExecutor = server;
    clientExecutor = client;
    return this;
  }

  /** Services of the server, in order. */
  public List<ServerServiceDefinition> services() {
    return List.copyOf(services);
  }

  /** Interceptors of all calls at the server; as with {@code ServerBuilder} the last runs first. */
  public List<ServerInterceptor> serverInterceptors() {
    return List.copyOf(serverInterceptors);
  }

  /** Factories of the server's stream tracers. */
  public List<ServerStreamTracer.Factory> serverTracers() {
    return List.copyOf(serverTracers);
  }

  /** Interceptors of the channel; as with {@code ManagedChannelBuilder} the last runs first. */
  public List<ClientInterceptor> clientInterceptors() {
    return List.copyOf(clientInterceptors);
  }

  /** Where methods are looked up that no service has. */
  public Optional<HandlerRegistry> fallback() {
    return fallback;
  }

  /** Bytes of the largest request that the server takes. */
  public OptionalInt serverMaxMessage() {
    return serverMaxMessage;
  }

  /** Bytes of the largest request headers that the server takes. */
  public OptionalInt serverMaxMetadata() {
    return serverMaxMetadata;
  }

  /** Bytes of the largest answer that the channel takes. */
  public OptionalInt clientMaxMessage() {
    return clientMaxMessage;
  }

  /** Bytes of the largest answering headers or trailers that the channel takes. */
  public OptionalInt clientMaxMetadata() {
    return clientMaxMetadata;
  }

  /** Runs the server's handlers. */
  public Executor serverExecutor() {
    return serverExecutor;
  }

  /** Runs the callbacks of calls that bring no executor of their own. */
  public Executor clientExecutor() {
    return clientExecutor;
  }
}
