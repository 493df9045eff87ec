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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Check, List and Watch of grpc.health.v1. Thread-safe; no method waits for a host. */
public final class HealthHandler extends HealthGrpc.HealthImplBase implements AutoCloseable {
  /** The name that stands for the agent as a whole. */
  public static final String AGENT = "";

  /** Watches that may be open at once. */
  static final int MAX_WATCHES = 64;

  /** As many as List may answer with. */
  static final int MAX_SERVICES = 100;

  private final Object lock = new Object();
  private final Map<String, ServingStatus> statuses = new TreeMap<>();
  private final Set<Watch> watches = new HashSet<>();
  private boolean closed;

  /**
   * Sets how a service is and tells who watches it.
   *
   * @param service full name of a service, or {@link #AGENT}
   * @throws IllegalStateException if there are too many services
   */
  public void set(String service, boolean serving) {
    ServingStatus status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    List<Watch> concerned;
    synchronized (lock) {
      if (statuses.size() == MAX_SERVICES && !statuses.containsKey(service)) {
        throw new IllegalStateException("more than " + MAX_SERVICES + " services");
      }
      statuses.put(service, status);
      concerned = watches.stream().filter(watch -> watch.service().equals(service)).toList();
    }
    concerned.forEach(watch -> watch.changed(status));
  }

  @Override
  public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> responses) {
    ServingStatus status;
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
    responses.onNext(response(status));
    responses.onCompleted();
  }

  @Override
  public void list(HealthListRequest request, StreamObserver<HealthListResponse> responses) {
    HealthListResponse.Builder answer = HealthListResponse.newBuilder();
    synchronized (lock) {
      statuses.forEach((service, status) -> answer.putStatuses(service, response(status)));
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
              statuses.getOrDefault(request.getService(), ServingStatus.SERVICE_UNKNOWN));
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
      statuses.replaceAll((service, status) -> ServingStatus.NOT_SERVING);
      all = List.copyOf(watches);
      watches.clear();
    }
    for (Watch watch : all) {
      watch.end(stopping());
    }
  }

  private static Status stopping() {
    return Status.UNAVAILABLE.withDescription("the agent is stopping");
  }

  static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }
}
