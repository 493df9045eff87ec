package com.limiquantix.agent.security.limits;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.MessageLite;
import com.google.rpc.RetryInfo;
import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.security.CallFacts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Refuses calls beyond the limits with RESOURCE_EXHAUSTED. Who only has to wait is told how long,
 * in the text and as {@code google.rpc.RetryInfo}. Methods with a reserved place pass unseen.
 */
public final class LimitInterceptor implements ServerInterceptor {
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long NANOS_PER_TENTH = NANOS_PER_SECOND / 10;

  private final Meters meters = new Meters();
  private final Supplier<LimitSettings> limits;
  private final LongSupplier nanoTime;

  /**
   * @param limits asked for each call, which keeps what held when it began
   * @param nanoTime as {@link System#nanoTime}
   */
  public LimitInterceptor(Supplier<LimitSettings> limits, LongSupplier nanoTime) {
    this.limits = limits;
    this.nanoTime = nanoTime;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    CallLoad load = CallLoad.of(call.getMethodDescriptor().getFullMethodName());
    if (load == CallLoad.RESERVED) {
      return next.startCall(call, headers);
    }
    LimitSettings settings = limits.get();
    PeerInfo peer = call.getAttributes().get(PeerInfo.KEY);
    Meters.Refusal refusal = meters.admit(load, peer, settings, nanoTime.getAsLong());
    if (refusal != null) {
      CallFacts.current()
          .decision(new CallFacts.Decision(false, refusal.key() + ": " + refusal.limit()));
      refuse(call, refusal);
      return new ServerCall.Listener<>() {};
    }
    Metered<Q, R> metered = new Metered<>(call, load, settings.bytesPerCall());
    boolean started = false;
    try {
      ServerCall.Listener<Q> listener = metered.watch(next.startCall(metered, headers));
      started = true;
      return listener;
    } finally {
      if (!started) {
        metered.release();
      }
    }
  }

  private static void refuse(ServerCall<?, ?> call, Meters.Refusal refusal) {
    String text =
        "more than "
            + refusal.limit()
            + " are not allowed ("
            + refusal.key()
            + "); try again in "
            + seconds(refusal.waitNanos())
            + " s";
    RetryInfo retry =
        RetryInfo.newBuilder()
            .setRetryDelay(
                Duration.newBuilder()
                    .setSeconds(refusal.waitNanos() / NANOS_PER_SECOND)
                    .setNanos((int) (refusal.waitNanos() % NANOS_PER_SECOND)))
            .build();
    StatusRuntimeException details =
        StatusProto.toStatusRuntimeException(
            com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
                .setMessage(text)
                .addDetails(Any.pack(retry))
                .build());
    Metadata trailers = details.getTrailers();
    call.close(details.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  /** With one digit behind the point, rounded up, so that who waits that long waits long enough. */
  private static String seconds(long nanos) {
    long tenths = (nanos + NANOS_PER_TENTH - 1) / NANOS_PER_TENTH;
    return tenths / 10 + "." + tenths % 10;
  }

  /** A call that holds its part of the limits until it ends. */
  private final class Metered<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final CallLoad load;
    private final long maxBytes;
    private final CallFacts facts = CallFacts.current();
    private final AtomicBoolean released = new AtomicBoolean();
    private long bytes;
    private volatile boolean ended;

    /**
     * @param maxBytes of all messages; 0 for no limit
     */
    Metered(ServerCall<Q, R> call, CallLoad load, long maxBytes) {
      super(call);
      this.load = load;
      this.maxBytes = maxBytes;
    }

    void release() {
      if (released.compareAndSet(false, true)) {
        meters.release(load);
      }
    }

    /** Whether the message is within the limit; ends the call if it is not. */
    private boolean passes(@Nullable Object message) {
      if (ended) {
        return false;
      }
      if (maxBytes == 0 || !(message instanceof MessageLite known) || count(known) <= maxBytes) {
        return true;
      }
      ended = true;
      facts.decision(new CallFacts.Decision(false, "limits.max_bytes_per_call: " + maxBytes));
      release();
      super.close(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "the messages of one call may have "
                  + maxBytes
                  + " bytes (limits.max_bytes_per_call); ask for less in a call"),
          new Metadata());
      return false;
    }

    private synchronized long count(MessageLite message) {
      bytes += message.getSerializedSize();
      return bytes;
    }

    @Override
    public void sendMessage(R message) {
      if (passes(message)) {
        super.sendMessage(message);
      }
    }

    @Override
    public void sendHeaders(Metadata headers) {
      if (!ended) {
        super.sendHeaders(headers);
      }
    }

    /** Before the host learns of it: its next call must find the place free. */
    @Override
    public void close(Status status, Metadata trailers) {
      release();
      if (!ended) {
        super.close(status, trailers);
      }
    }

    @Override
    public boolean isReady() {
      return !ended && super.isReady();
    }

    @Override
    public boolean isCancelled() {
      return ended || super.isCancelled();
    }

    ServerCall.Listener<Q> watch(ServerCall.Listener<Q> handler) {
      return new SimpleForwardingServerCallListener<>(handler) {
        @Override
        public void onMessage(Q message) {
          if (passes(message)) {
            super.onMessage(message);
          }
        }

        @Override
        public void onHalfClose() {
          if (!ended) {
            super.onHalfClose();
          }
        }

        @Override
        public void onCancel() {
          release();
          super.onCancel();
        }

        @Override
        public void onComplete() {
          release();
          if (ended) {
            // The handler did not end it.
            super.onCancel();
          } else {
            super.onComplete();
          }
        }
      };
    }
  }
}
