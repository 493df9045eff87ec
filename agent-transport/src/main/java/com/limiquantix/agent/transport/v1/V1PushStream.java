package com.limiquantix.agent.transport.v1;

import com.google.protobuf.InvalidProtocolBufferException;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.transport.internal.session.CallStream;
import io.grpc.Status;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subscription whose events go out as pushes of version 1. It takes the next event only when the
 * one before has left, so that newer reports replace older ones where they come from.
 */
final class V1PushStream extends V1Stream {
  private static final Logger LOG = LoggerFactory.getLogger(V1PushStream.class);

  // Guarded by this.
  private boolean waiting;
  private boolean over;

  V1PushStream(V1AgentRole role, CallStream.Listener listener) {
    super(role, listener);
  }

  @Override
  public boolean sendMessage(byte[] bytes, boolean compressed) {
    checkPlain(compressed);
    AgentMessage.Builder push =
        AgentMessage.newBuilder().setMessageId(UUID.randomUUID().toString());
    try {
      put(push, Event.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL
          .withDescription("an event that cannot be parsed")
          .withCause(e)
          .asRuntimeException();
    }
    if (push.getPayloadCase() == AgentMessage.PayloadCase.PAYLOAD_NOT_SET) {
      return true;
    }
    synchronized (this) {
      if (over) {
        return true;
      }
      waiting = true;
    }
    // Not reserved of the budget: it is one small frame per subscription.
    if (!role.push(V1Frames.of(push.build()), this::left)) {
      left();
    }
    return true;
  }

  /** Kinds that version 1 does not know leave the message without a payload. */
  private static void put(AgentMessage.Builder push, Event event) {
    push.setTimestamp(event.getTimestamp());
    switch (event.getEventCase()) {
      case AGENT_READY -> push.setAgentReady(event.getAgentReady());
      case TELEMETRY -> push.setTelemetry(event.getTelemetry());
      case ERROR -> push.setError(event.getError());
      case AUDIT, EVENT_NOT_SET -> push.clearPayload();
    }
  }

  private void left() {
    synchronized (this) {
      waiting = false;
      if (over) {
        return;
      }
    }
    listener.onReady();
  }

  @Override
  public boolean isReady() {
    synchronized (this) {
      return !waiting && !over;
    }
  }

  @Override
  public void announceReady() {
    listener.onReady();
  }

  @Override
  public void sendTrailers(CallTrailers trailers) {
    LOG.debug(
        "pushes of version 1 ended: {} {}",
        Status.fromCodeValue(trailers.getCode()).getCode(),
        trailers.getMessage());
    if (end()) {
      listener.onTrailersSent();
    }
  }

  @Override
  public void cancel(Status status) {
    end();
  }

  @Override
  void abandon(Status reason) {
    if (end()) {
      listener.onReset(reason);
    }
  }

  private boolean end() {
    synchronized (this) {
      if (over) {
        return false;
      }
      over = true;
    }
    role.closed(this);
    return true;
  }
}
