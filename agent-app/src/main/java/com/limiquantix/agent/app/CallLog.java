package com.limiquantix.agent.app;

import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Logs one record per call when it ends: method, peer, status code and duration. Never contents,
 * and no description of a status, which may repeat what a request held.
 */
final class CallLog implements ServerInterceptor {
  private static final Logger LOG = LoggerFactory.getLogger(CallLog.class);

  private final LongSupplier nanoTime;
  private final Runnable onWorkDone;

  /**
   * @param onWorkDone runs after each call of more than a sign of life
   */
  CallLog(LongSupplier nanoTime, Runnable onWorkDone) {
    this.nanoTime = nanoTime;
    this.onWorkDone = onWorkDone;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Entry entry = new Entry(call, nanoTime.getAsLong());
    ServerCall<Q, R> watched =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            entry.ended(status.getCode());
            super.close(status, trailers);
          }
        };
    return new SimpleForwardingServerCallListener<>(next.startCall(watched, headers)) {
      @Override
      public void onHalfClose() {
        try {
          super.onHalfClose();
        } catch (RuntimeException e) {
          entry.failed(e);
          throw e;
        }
      }

      @Override
      public void onCancel() {
        entry.ended(Status.Code.CANCELLED);
        super.onCancel();
      }
    };
  }

  private final class Entry {
    private final String method;
    private final boolean core;
    private final boolean ownSubscription;
    private final String peer;
    private final long startNanos;
    private final AtomicBoolean ended = new AtomicBoolean();

    Entry(ServerCall<?, ?> call, long startNanos) {
      this.method = call.getMethodDescriptor().getFullMethodName();
      this.core = Capabilities.of(method).filter(Capabilities.CORE::equals).isPresent();
      this.ownSubscription =
          call.getAttributes().get(ProtocolVersion.KEY) == ProtocolVersion.V1
              && method.equals(EventServiceGrpc.getSubscribeMethod().getFullMethodName());
      PeerInfo info = call.getAttributes().get(PeerInfo.KEY);
      this.peer = info == null ? "an unknown peer" : info.describe();
      this.startNanos = startNanos;
    }

    void failed(RuntimeException fault) {
      LOG.error("{} from {}: the handler failed", method, peer, fault);
    }

    void ended(Status.Code code) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      if (!core) {
        onWorkDone.run();
      }
      Level level = level(code);
      if (!LOG.isEnabledForLevel(level)) {
        return;
      }
      long micros = TimeUnit.NANOSECONDS.toMicros(nanoTime.getAsLong() - startNanos);
      LOG.atLevel(level).log("{} from {}: {} after {} µs", method, peer, code, micros);
    }

    /** Hosts ask for signs of life all day long; those records would bury the others. */
    private Level level(Status.Code code) {
      return switch (code) {
        case INTERNAL, UNKNOWN, DATA_LOSS -> Level.WARN;
        case OK -> core ? Level.DEBUG : Level.INFO;
        // Nobody asked for it: it ends whenever its host goes or says Hello.
        case CANCELLED -> ownSubscription ? Level.DEBUG : Level.INFO;
        default -> Level.INFO;
      };
    }
  }
}
