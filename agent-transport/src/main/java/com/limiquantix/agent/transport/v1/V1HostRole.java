package com.limiquantix.agent.transport.v1;

import com.limiquantix.agent.protocol.V1Table;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentMessage.PayloadCase;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.session.V1Output;
import com.limiquantix.agent.transport.internal.session.V1Payload;
import com.limiquantix.agent.transport.internal.session.V1Role;
import com.limiquantix.agent.transport.internal.session.V1Sign;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.Link;
import io.grpc.Status;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives an agent of version 1. A channel sends its calls over a link within this process to a
 * small server here, whose methods put them into frames and wait for the answers; so deadlines,
 * cancellation, interceptors and everything else of gRPC work as with any agent.
 */
public final class V1HostRole implements V1Role {
  private static final Logger LOG = LoggerFactory.getLogger(V1HostRole.class);

  private final V1Output output;
  private final Timers timers;
  private final InstantSource clock;
  private final BufferBudget budget;
  private final TransportLimits limits;
  private final int maxMessageBytes;

  private final Object lock = new Object();
  private final Map<String, V1HostCall> pending = new HashMap<>();
  private final Set<V1Subscriber> subscribers = new HashSet<>();
  private @Nullable Event ready;

  /** Whether what was told last ends the agent that we speak to: {@link #ready} is of the next. */
  private boolean restarted;

  private @Nullable Event telemetry;
  private String version = "";
  private @Nullable AgentServer gateway;

  /**
   * @param budget what messages are reserved of, on the link and within
   * @param maxMessageBytes the largest request that is taken from the channel
   */
  public V1HostRole(
      V1Output output,
      Timers timers,
      InstantSource clock,
      BufferBudget budget,
      TransportLimits limits,
      int maxMessageBytes) {
    this.output = output;
    this.timers = timers;
    this.clock = clock;
    this.budget = budget;
    this.limits = limits;
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Opens the way for calls; from {@link #begin} on. It closes with {@link #end}. */
  public Link connect() {
    Executor unblocked = task -> timers.schedule(task, 0);
    InProcessLink.Pair pair = InProcessLink.pair("to a version 1 agent", unblocked);
    AgentServer server =
        AgentServer.builder(Runnable::run, timers)
            .limits(limits)
            .budget(budget)
            .maxInboundMessageBytes(maxMessageBytes)
            .software("version 1 agent" + (version.isEmpty() ? "" : " " + version))
            .fallbackHandlerRegistry(new V1HostMethods(this))
            .build();
    server.start();
    synchronized (lock) {
      gateway = server;
    }
    server.serve(pair.second());
    return pair.first();
  }

  @Override
  public void begin(boolean certain) {
    // Calls come by connect.
  }

  @Override
  public void probe() {
    byte[] ping = PingRequest.getDefaultInstance().toByteArray();
    output.send(V1Frames.of(newId(), clock.instant(), PayloadCase.PING, ping), null);
  }

  private static String newId() {
    return UUID.randomUUID().toString();
  }

  /** Sends a request; its call hears of the answer. */
  void ask(V1HostCall call, byte[] request) {
    String id = newId();
    call.sentAs(id);
    synchronized (lock) {
      pending.put(id, call);
    }
    byte[] frame;
    try {
      frame = V1Frames.of(id, clock.instant(), call.row().requestCase(), request);
    } catch (IllegalArgumentException e) {
      forget(id);
      call.fail(Status.RESOURCE_EXHAUSTED.withDescription(e.getMessage()));
      return;
    }
    // An agent that does not read would else have us keep as many of the largest as calls are made.
    int bytes = frame.length;
    if (!budget.tryReserve(bytes)) {
      forget(id);
      call.fail(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "no room for a request of "
                  + bytes
                  + " bytes: all buffers together may take "
                  + budget.limitBytes()
                  + " bytes; try again when other calls have ended"));
      return;
    }
    if (output.send(frame, () -> budget.release(bytes))) {
      return;
    }
    budget.release(bytes);
    if (forget(id)) {
      call.fail(
          Status.UNAVAILABLE.withDescription(
              "the request was not sent: the agent does not read what it is sent, or is gone"));
    }
  }

  /** Whether the call was still waiting; its answer is dropped when it comes yet. */
  boolean forget(String id) {
    synchronized (lock) {
      return pending.remove(id) != null;
    }
  }

  void subscribe(V1Subscriber subscriber) {
    Event firstReady;
    Event firstTelemetry;
    synchronized (lock) {
      subscribers.add(subscriber);
      firstReady = ready;
      firstTelemetry = telemetry;
    }
    if (firstReady != null) {
      subscriber.offer(firstReady);
    }
    if (firstTelemetry != null) {
      subscriber.offer(firstTelemetry);
    }
  }

  void unsubscribe(V1Subscriber subscriber) {
    synchronized (lock) {
      subscribers.remove(subscriber);
    }
  }

  @Override
  public V1Sign onPayload(V1Payload payload) {
    try {
      V1Envelope envelope = V1Envelope.of(payload.bytes(), payload.length());
      V1HostCall call = take(envelope);
      if (call != null) {
        call.answer(envelope, payload.bytes(), payload.length());
        return sign(envelope);
      }
      return push(envelope, payload);
    } catch (IOException e) {
      LOG.debug("dropped a version 1 frame of {} bytes that is no message", payload.length());
      return V1Sign.NONE;
    } finally {
      payload.release();
    }
  }

  /** The call that a message answers. */
  private @Nullable V1HostCall take(V1Envelope envelope) {
    PayloadCase payload = envelope.payloadCase();
    if (payload != PayloadCase.ERROR && V1Table.byAnswer(payload).isEmpty()) {
      return null;
    }
    synchronized (lock) {
      return pending.remove(envelope.id());
    }
  }

  private static V1Sign sign(V1Envelope envelope) {
    return envelope.payloadCase() == PayloadCase.PONG ? V1Sign.PONG : V1Sign.NONE;
  }

  private V1Sign push(V1Envelope envelope, V1Payload payload) throws IOException {
    if (!V1Table.pushes().contains(envelope.payloadCase())) {
      return sign(envelope);
    }
    AgentMessage message = V1HostCall.parse(payload.bytes(), payload.length());
    Event.Builder event = Event.newBuilder();
    event.setTimestamp(
        message.hasTimestamp() ? message.getTimestamp() : V1Frames.timestamp(clock.instant()));
    switch (message.getPayloadCase()) {
      case AGENT_READY -> {
        version = message.getAgentReady().getVersion();
        tell(event.setAgentReady(message.getAgentReady()).build());
        return V1Sign.AGENT_READY;
      }
      case TELEMETRY -> tell(event.setTelemetry(message.getTelemetry()).build());
      case ERROR -> tell(event.setError(message.getError()).build());
      default -> LOG.debug("a push of version 1 has no event: {}", message.getPayloadCase());
    }
    return V1Sign.NONE;
  }

  private void tell(Event event) {
    List<V1Subscriber> all;
    synchronized (lock) {
      switch (event.getEventCase()) {
        case AGENT_READY -> {
          ready = event;
          restarted = gateway != null;
        }
        case TELEMETRY -> telemetry = event;
        default -> {}
      }
      all = List.copyOf(subscribers);
    }
    for (V1Subscriber subscriber : all) {
      subscriber.offer(event);
    }
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
    V1HostCall call = take(envelope);
    if (call != null) {
      call.fail(reason);
    }
  }

  @Override
  public void end(Status reason) {
    List<V1HostCall> left;
    AgentServer ended;
    synchronized (lock) {
      left = new ArrayList<>(pending.values());
      pending.clear();
      subscribers.clear();
      if (!restarted) {
        ready = null;
      }
      restarted = false;
      telemetry = null;
      ended = gateway;
      gateway = null;
    }
    for (V1HostCall call : left) {
      call.fail(reason);
    }
    if (ended != null) {
      ended.shutdownNow();
    }
  }
}
