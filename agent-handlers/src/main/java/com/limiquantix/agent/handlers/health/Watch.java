package com.limiquantix.agent.handlers.health;

import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import org.jspecify.annotations.Nullable;

/** One who watches a service. Only the newest state waits for it. */
final class Watch {
  private final ServerCallStreamObserver<HealthCheckResponse> observer;
  private final String service;
  private final Object lock = new Object();
  private HealthCheckResponse newest;
  private @Nullable HealthCheckResponse told;
  private @Nullable Status end;
  private boolean sending;
  private boolean done;

  Watch(
      ServerCallStreamObserver<HealthCheckResponse> observer,
      String service,
      HealthCheckResponse status) {
    this.observer = observer;
    this.service = service;
    this.newest = status;
  }

  String service() {
    return service;
  }

  void changed(HealthCheckResponse status) {
    synchronized (lock) {
      newest = status;
    }
    send();
  }

  void end(Status reason) {
    synchronized (lock) {
      newest = HealthHandler.failure(HealthHandler.STOPPING);
      end = reason;
    }
    send();
  }

  /** Tells the newest state if it is news and the call takes it without queueing. */
  void send() {
    while (true) {
      HealthCheckResponse next;
      Status reason;
      synchronized (lock) {
        if (sending || done) {
          return;
        }
        next = !newest.equals(told) && observer.isReady() ? newest : null;
        reason = end;
        if (next == null && reason == null) {
          return;
        }
        told = next == null ? told : next;
        done = next == null;
        sending = true;
      }
      try {
        if (next != null) {
          observer.onNext(next);
        } else if (reason != null) {
          observer.onError(reason.asException());
        }
      } finally {
        synchronized (lock) {
          sending = false;
        }
      }
    }
  }
}
