package com.limiquantix.agent.security.audit;

import com.google.protobuf.MessageLite;
import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.security.CallFacts;
import com.limiquantix.agent.security.ReservedMethods;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Records each call when it ends, also one that was refused, cancelled or failed. It makes the
 * call's {@link CallFacts}, to which all further in may add. While audit is off it does nothing.
 */
public final class AuditInterceptor implements ServerInterceptor {
  private final AuditSwitch audit;
  private final Clock clock;
  private final LongSupplier nanoTime;

  /**
   * @param clock for the times of records
   * @param nanoTime measures durations, as {@link System#nanoTime}
   */
  public AuditInterceptor(AuditSwitch audit, Clock clock, LongSupplier nanoTime) {
    this.audit = audit;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    AuditSwitch.Active active = audit.active();
    String method = call.getMethodDescriptor().getFullMethodName();
    if (active == null || (!active.mode().signsOfLife() && ReservedMethods.isSignOfLife(method))) {
      return next.startCall(call, headers);
    }
    Recorded<Q, R> recorded = new Recorded<>(call, active.log());
    String fault =
        active.mode().required() && !ReservedMethods.contains(method) ? active.log().fault() : null;
    if (fault != null) {
      recorded.facts.decision(new CallFacts.Decision(false, "audit.failure: refuse"));
      recorded.close(
          Status.UNAVAILABLE.withDescription(
              "the audit log cannot be written and the agent serves nothing that it cannot record"
                  + " (audit.failure); mend it in the guest: "
                  + fault),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    Context context = recorded.facts.in(Context.current());
    try {
      return recorded.watch(Contexts.interceptCall(context, recorded, headers, next));
    } catch (RuntimeException e) {
      recorded.ended(codeOf(e));
      throw e;
    }
  }

  /** How the transport ends a call whose handler has thrown. */
  private static Status.Code codeOf(RuntimeException fault) {
    return fault instanceof StatusRuntimeException known
        ? known.getStatus().getCode()
        : Status.Code.UNKNOWN;
  }

  private final class Recorded<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final AuditLog log;
    private final CallFacts facts = new CallFacts();
    private final Instant began = clock.instant();
    private final long startNanos = nanoTime.getAsLong();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile CallFacts.@Nullable Subject asked;
    private volatile @Nullable String user;
    private volatile @Nullable Integer exitCode;
    private volatile boolean hasRequest;
    private volatile Status.@Nullable Code closed;
    private long bytesFromHost;
    private long bytesToHost;

    Recorded(ServerCall<Q, R> call, AuditLog log) {
      super(call);
      this.log = log;
    }

    /** The answer goes first: the host does not wait for the record to be made. */
    @Override
    public void close(Status status, Metadata trailers) {
      closed = status.getCode();
      try {
        super.close(status, trailers);
      } finally {
        ended(status.getCode());
      }
    }

    @Override
    public void sendMessage(R message) {
      synchronized (this) {
        bytesToHost += size(message);
      }
      if (message instanceof ExecuteResponse response) {
        exitCode = response.getExitCode();
      }
      super.sendMessage(message);
    }

    private void received(Q message) {
      synchronized (this) {
        bytesFromHost += size(message);
      }
      if (!hasRequest) {
        hasRequest = true;
        asked = Subjects.of(message);
        user = Subjects.user(message);
      }
    }

    private static long size(@Nullable Object message) {
      return message instanceof MessageLite known ? known.getSerializedSize() : 0;
    }

    /** The handler's word counts, if it has ended the call. */
    private void over(Status.Code otherwise) {
      Status.Code known = closed;
      ended(known == null ? otherwise : known);
    }

    void ended(Status.Code code) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      Instant now = clock.instant();
      AuditJson.Call record;
      synchronized (this) {
        record =
            new AuditJson.Call(
                getMethodDescriptor().getFullMethodName(),
                getAttributes().get(PeerInfo.KEY),
                began,
                now,
                nanoTime.getAsLong() - startNanos,
                asked,
                user,
                code.name(),
                exitCode,
                bytesFromHost,
                bytesToHost);
      }
      log.add(AuditJson.call(record, facts), now);
    }

    ServerCall.Listener<Q> watch(ServerCall.Listener<Q> handler) {
      return new SimpleForwardingServerCallListener<>(handler) {
        @Override
        public void onMessage(Q message) {
          received(message);
          try {
            super.onMessage(message);
          } catch (RuntimeException e) {
            ended(codeOf(e));
            throw e;
          }
        }

        @Override
        public void onHalfClose() {
          try {
            super.onHalfClose();
          } catch (RuntimeException e) {
            ended(Status.Code.UNKNOWN);
            throw e;
          }
        }

        @Override
        public void onCancel() {
          Status why = Contexts.statusFromCancelled(Context.current());
          over(why == null ? Status.Code.CANCELLED : why.getCode());
          super.onCancel();
        }

        /** Some ways to end a call are the transport's own. */
        @Override
        public void onComplete() {
          over(Status.Code.UNKNOWN);
          super.onComplete();
        }
      };
    }
  }
}
