package com.limiquantix.agent.handlers.health;

import com.limiquantix.agent.protocol.health.v1.HealthCheckRequest;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse.ServingStatus;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.health.v1.HealthListRequest;
import com.limiquantix.agent.protocol.health.v1.HealthListResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Check, List and Watch of grpc.health.v1. Thread-safe; no method waits for a host. */
public final class HealthHandler extends HealthGrpc.HealthImplBase implements AutoCloseable {
  /** The name that stands for the agent as a whole. */
  public static final String AGENT = "";

  /** Watches that may be open at once. */
  static final int MAX_WATCHES = 64;

  /** As many as List may answer with. */
  static final int MAX_SERVICES = 100;

  static final String STOPPING = "the agent is stopping";

  private final Object lock = new Object();
  private final Map<String, HealthCheckResponse> statuses = new TreeMap<>();
  private final Set<Watch> watches = new HashSet<>();
  private final Supplier<Optional<String>> standstill;
  private boolean closed;

  /** A handler that tells only what it was told. */
  public HealthHandler() {
    this(Optional::empty);
  }

  /**
   * @param standstill why nobody could say by {@link #fails} how the agent is, if that is so; asked
   *     by Check and List, on any thread; must not wait
   */
  public HealthHandler(Supplier<Optional<String>> standstill) {
    this.standstill = standstill;
  }

  /**
   * Says that a service serves, and tells who watches it.
   *
   * @param service full name of a service, or {@link #AGENT}
   * @throws IllegalStateException if there are too many services
   */
  public void serves(String service) {
    set(service, response(ServingStatus.SERVING));
  }

  /**
   * Says that a service does not serve, and tells who watches it.
   *
   * @param service full name of a service, or {@link #AGENT}
   * @param reason a sentence; without contents and secrets
   * @throws IllegalStateException if there are too many services
   */
  public void fails(String service, String reason) {
    set(service, failure(reason));
  }

  private void set(String service, HealthCheckResponse status) {
    List<Watch> concerned = new ArrayList<>();
    synchronized (lock) {
      if (closed) {
        return;
      }
      if (statuses.size() == MAX_SERVICES && !statuses.containsKey(service)) {
        throw new IllegalStateException("more than " + MAX_SERVICES + " services");
      }
      statuses.put(service, status);
      for (Watch watch : watches) {
        if (watch.service().equals(service)) {
          concerned.add(watch);
        }
      }
    }
    for (Watch watch : concerned) {
      watch.changed(status);
    }
  }

  /** As the agent says it is, unless it has not got round to that. */
  private HealthCheckResponse ofAgent(HealthCheckResponse known) {
    return standstill.get().map(HealthHandler::failure).orElse(known);
  }

  @Override
  public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> responses) {
    HealthCheckResponse status;
    synchronized (lock) {
      status = statuses.get(request.getService());
    }
    if (status == null) {
      responses.onError(
          Status.NOT_FOUND
              .withDescription("this agent has no service of that name; List names those it has")
              .asException());
      return;
    }
    responses.onNext(request.getService().equals(AGENT) ? ofAgent(status) : status);
    responses.onCompleted();
  }

  @Override
  public void list(HealthListRequest request, StreamObserver<HealthListResponse> responses) {
    HealthListResponse.Builder answer = HealthListResponse.newBuilder();
    synchronized (lock) {
      answer.putAllStatuses(statuses);
    }
    HealthCheckResponse agent = answer.getStatusesMap().get(AGENT);
    if (agent != null) {
      answer.putStatuses(AGENT, ofAgent(agent));
    }
    responses.onNext(answer.build());
    responses.onCompleted();
  }

  @Override
  public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> responses) {
    ServerCallStreamObserver<HealthCheckResponse> observer =
        (ServerCallStreamObserver<HealthCheckResponse>) responses;
    Watch watch;
    Status refusal = Status.OK;
    synchronized (lock) {
      watch =
          new Watch(
              observer,
              request.getService(),
              statuses.getOrDefault(request.getService(), response(ServingStatus.SERVICE_UNKNOWN)));
      if (closed) {
        refusal = stopping();
      } else if (watches.size() == MAX_WATCHES) {
        refusal =
            Status.RESOURCE_EXHAUSTED.withDescription(
                MAX_WATCHES + " watches are open, which is the most allowed");
      } else {
        watches.add(watch);
      }
    }
    if (!refusal.isOk()) {
      observer.onError(refusal.asException());
      return;
    }
    observer.setOnReadyHandler(watch::send);
    observer.setOnCancelHandler(() -> remove(watch));
    watch.send();
  }

  private void remove(Watch watch) {
    synchronized (lock) {
      watches.remove(watch);
    }
  }

  /** Tells all who watch that nothing is served any more, and ends their calls. */
  @Override
  public void close() {
    List<Watch> all;
    synchronized (lock) {
      closed = true;
      statuses.replaceAll((service, status) -> failure(STOPPING));
      all = List.copyOf(watches);
      watches.clear();
    }
    for (Watch watch : all) {
      watch.end(stopping());
    }
  }

  private static Status stopping() {
    return Status.UNAVAILABLE.withDescription(STOPPING);
  }

  static HealthCheckResponse failure(String reason) {
    return HealthCheckResponse.newBuilder()
        .setStatus(ServingStatus.NOT_SERVING)
        .setReason(reason)
        .build();
  }

  static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }
}
