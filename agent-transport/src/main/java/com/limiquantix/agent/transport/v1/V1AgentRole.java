package com.limiquantix.agent.transport.v1;

import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.protocol.MemoryBudget;
import com.limiquantix.agent.protocol.V1Row;
import com.limiquantix.agent.protocol.V1Table;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentMessage.PayloadCase;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.session.CallStream;
import com.limiquantix.agent.transport.internal.session.InboundMessage;
import com.limiquantix.agent.transport.internal.session.ServedStream;
import com.limiquantix.agent.transport.internal.session.V1Output;
import com.limiquantix.agent.transport.internal.session.V1Payload;
import com.limiquantix.agent.transport.internal.session.V1Role;
import com.limiquantix.agent.transport.internal.session.V1Sign;
import io.grpc.Status;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a host of version 1: each request becomes a call of the method that {@link V1Table} names,
 * through the same interceptors as any other, and what the agent tells unasked comes from the same
 * subscription that a host of version 2 would open.
 */
public final class V1AgentRole implements V1Role {
  private static final Logger LOG = LoggerFactory.getLogger(V1AgentRole.class);

  /** A host of version 2 has said Hello by then, and never sees telemetry of version 1. */
  private static final long HELLO_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Status DOUBTFUL =
      Status.UNAVAILABLE.withDescription(
          "the agent has just started and cannot tell yet whether this is a request; ask again in a"
              + " second");

  /** How calls reach the server's methods. */
  public interface Calls {
    /**
     * Opens a call.
     *
     * @param streams makes what carries the call to the host
     * @return what is to be told of the request; empty if the server takes no calls any more, and
     *     then no stream was made
     */
    Optional<CallStream.Listener> open(
        String fullMethodName, Function<CallStream.Listener, ? extends ServedStream> streams);

    /** What answers to calls of this method are reserved of. */
    MemoryBudget budget(String fullMethodName);

    /** How many calls may be without an answer that has left for one of this method to be taken. */
    int maxCalls(String fullMethodName);
  }

  private final V1Output output;
  private final Calls calls;
  private final Timers timers;
  private final InstantSource clock;

  private final Object lock = new Object();
  private final Set<V1Stream> open = new HashSet<>();
  private Timers.@Nullable Timer telemetryTimer;
  private boolean begun;

  /** Counts the hosts, so that what was meant for one is not begun for the next. */
  private long hosts;

  private boolean doubtful;
  private long beganNanos;
  private boolean losing;
  private long lostPushes;

  /**
   * @param clock dates the messages
   */
  public V1AgentRole(V1Output output, Calls calls, Timers timers, InstantSource clock) {
    this.output = output;
    this.calls = calls;
    this.timers = timers;
    this.clock = clock;
  }

  MemoryBudget budget(String fullMethodName) {
    return calls.budget(fullMethodName);
  }

  Instant now() {
    return clock.instant();
  }

  boolean send(byte[] frame, @Nullable Runnable left) {
    return output.send(frame, left);
  }

  /**
   * Sends what the host has not asked for. What a host that does not read has no room for is lost,
   * which only the log can tell: version 1 has no field for it.
   *
   * @return as {@link V1Output#send}
   */
  boolean push(byte[] frame, Runnable left) {
    boolean sent = send(frame, left);
    boolean first = false;
    long lost = 0;
    synchronized (lock) {
      if (sent) {
        lost = lostPushes;
        lostPushes = 0;
      } else if (begun) {
        first = lostPushes++ == 0;
      }
    }
    if (first) {
      LOG.warn("a host of version 1 asks without reading, and what it should be told is lost");
    }
    tellOfLost(lost);
    return sent;
  }

  private static void tellOfLost(long pushes) {
    if (pushes > 0) {
      LOG.warn("{} reports to a host of version 1 were lost while it did not read", pushes);
    }
  }

  @Override
  public void begin(boolean certain) {
    long host;
    synchronized (lock) {
      begun = true;
      hosts++;
      host = hosts;
      doubtful = !certain;
      beganNanos = timers.nanoTime();
    }
    subscribe(host, EventKind.EVENT_KIND_AGENT_READY, EventKind.EVENT_KIND_ERROR);
    Timers.Timer timer =
        timers.schedule(() -> subscribe(host, EventKind.EVENT_KIND_TELEMETRY), HELLO_NANOS);
    synchronized (lock) {
      telemetryTimer = timer;
    }
  }

  private boolean isThere(long host) {
    synchronized (lock) {
      return begun && hosts == host;
    }
  }

  private void subscribe(long host, EventKind... kinds) {
    if (!isThere(host)) {
      return;
    }
    SubscribeRequest.Builder request = SubscribeRequest.newBuilder();
    for (EventKind kind : kinds) {
      request.addKinds(kind);
    }
    byte[] content = request.build().toByteArray();
    String method = EventServiceGrpc.getSubscribeMethod().getFullMethodName();
    AtomicReference<@Nullable V1PushStream> made = new AtomicReference<>();
    Optional<CallStream.Listener> call =
        calls.open(
            method,
            listener -> {
              V1PushStream stream = new V1PushStream(this, listener);
              made.set(stream);
              return opened(stream);
            });
    if (call.isPresent()) {
      tell(call.get(), InboundMessage.part(content, 0, content.length, calls.budget(method), 0));
    }
    V1PushStream stream = made.get();
    if (stream != null && !isThere(host)) {
      // It has gone since we asked, and its end may have passed before there was a stream to end.
      stream.abandon(Status.UNAVAILABLE.withDescription("the host is gone"));
    }
  }

  private <S extends V1Stream> S opened(S stream) {
    synchronized (lock) {
      open.add(stream);
    }
    return stream;
  }

  void closed(V1Stream stream) {
    synchronized (lock) {
      open.remove(stream);
    }
  }

  private static void tell(CallStream.Listener call, InboundMessage request) {
    call.onMessage(request);
    call.onHalfClose();
  }

  @Override
  public void probe() {
    throw new IllegalStateException("only a host probes");
  }

  @Override
  public V1Sign onPayload(V1Payload payload) {
    V1Envelope envelope;
    try {
      envelope = V1Envelope.of(payload.bytes(), payload.length());
    } catch (IOException e) {
      payload.release();
      LOG.debug("dropped a version 1 frame of {} bytes that is no message", payload.length());
      return V1Sign.NONE;
    }
    Optional<V1Row<?, ?>> row = V1Table.byRequest(envelope.payloadCase());
    if (row.isPresent()) {
      call(envelope, row.get(), payload);
    } else {
      payload.release();
      refuseUnknown(envelope);
    }
    return V1Sign.NONE;
  }

  private void call(V1Envelope envelope, V1Row<?, ?> row, V1Payload payload) {
    String method = row.method().getFullMethodName();
    Status refusal;
    if (isDoubtful(method)) {
      refusal = DOUBTFUL;
    } else if (isFull(method)) {
      refusal =
          Status.RESOURCE_EXHAUSTED.withDescription(
              calls.maxCalls(method)
                  + " requests are without an answer that was read; read some first");
    } else {
      Optional<CallStream.Listener> call =
          calls.open(
              method, listener -> opened(new V1UnaryStream(this, envelope.id(), row, listener)));
      if (call.isPresent()) {
        tell(call.get(), payload.message(envelope.from(), envelope.length()));
        return;
      }
      refusal =
          Status.UNAVAILABLE.withDescription(
              "the agent takes no call now: it is stopping, or still ends calls that were given"
                  + " up");
    }
    payload.release();
    refuse(failure(envelope.id(), row, refusal));
  }

  /**
   * Whether this may be contents of a version 2 session that began with an earlier run of the
   * agent. A host of version 2 takes the agent_ready that it got for damage and says Hello within
   * the time; until then nothing but signs of life is served.
   */
  private boolean isDoubtful(String method) {
    if (Capabilities.of(method).filter(Capabilities.CORE::equals).isPresent()) {
      return false;
    }
    synchronized (lock) {
      doubtful &= timers.nanoTime() - beganNanos < HELLO_NANOS;
      return doubtful;
    }
  }

  private boolean isFull(String method) {
    synchronized (lock) {
      return open.size() >= calls.maxCalls(method);
    }
  }

  private void refuseUnknown(V1Envelope envelope) {
    if (envelope.payloadCase() != PayloadCase.PAYLOAD_NOT_SET) {
      LOG.debug("ignored a version 1 message that only an agent sends");
      return;
    }
    AgentMessage.Builder answer = answer(envelope.id());
    V1Table.putError(
        answer,
        Status.UNIMPLEMENTED.withDescription(
            envelope.payload() == 0
                ? "the message asks for nothing"
                : "this agent does not know the request with number " + envelope.payload()));
    refuse(V1Frames.of(answer.build()));
  }

  @Override
  public void onRefused(byte[] head, Status reason) {
    V1Envelope envelope;
    try {
      envelope = V1Envelope.ofHead(head);
    } catch (IOException e) {
      LOG.debug("skipped a version 1 frame that is too large and names no id");
      return;
    }
    Optional<V1Row<?, ?>> row = V1Table.byRequest(envelope.payloadCase());
    if (row.isPresent()) {
      refuse(failure(envelope.id(), row.get(), reason));
    } else {
      AgentMessage.Builder answer = answer(envelope.id());
      V1Table.putError(answer, reason);
      refuse(V1Frames.of(answer.build()));
    }
  }

  /** Answers what does not become a call; a host that does not read may lose it. */
  private void refuse(byte[] frame) {
    boolean sent = send(frame, null);
    boolean tell;
    synchronized (lock) {
      tell = !sent && !losing;
      losing = !sent;
    }
    if (tell) {
      LOG.warn("a host of version 1 asks without reading, and what it asks now gets no answer");
    }
  }

  byte[] failure(String id, V1Row<?, ?> row, Status status) {
    AgentMessage.Builder answer = answer(id);
    row.putFailure(answer, status);
    return V1Frames.of(answer.build());
  }

  private AgentMessage.Builder answer(String id) {
    return AgentMessage.newBuilder().setMessageId(id).setTimestamp(V1Frames.timestamp(now()));
  }

  @Override
  public void end(Status reason) {
    List<V1Stream> left;
    Timers.Timer timer;
    long lost;
    synchronized (lock) {
      begun = false;
      left = new ArrayList<>(open);
      open.clear();
      timer = telemetryTimer;
      telemetryTimer = null;
      lost = lostPushes;
      lostPushes = 0;
    }
    tellOfLost(lost);
    if (timer != null) {
      timer.cancel();
    }
    for (V1Stream stream : left) {
      stream.abandon(reason);
    }
  }
}
