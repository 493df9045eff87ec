package com.limiquantix.agent.transport;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.transport.link.LinkDialer;
import io.grpc.ClientInterceptor;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** Settings of a channel to be. Not thread-safe. */
public final class AgentChannelBuilder {
  final LinkDialer dialer;
  final Executor executor;
  final Timers timers;
  final List<ClientInterceptor> interceptors = new ArrayList<>();
  String authority = "limiquantix-agent";
  TransportLimits limits = TransportLimits.DEFAULT;
  BufferBudget budget = BufferBudget.ofHeap();
  WriteBuffers writeBuffers = new WriteBuffers(TransportLimits.DEFAULT, 1);
  RandomGenerator random = new SecureRandom();
  String software = "limiquantix-host";
  int maxInboundMessageBytes = AgentServer.DEFAULT_MAX_INBOUND_MESSAGE_BYTES;
  Backoff backoff = Backoff.DEFAULT;
  Duration answerTimeout = Duration.ofSeconds(5);
  Duration keepalive = Duration.ofSeconds(20);
  Duration keepaliveTimeout = Duration.ofSeconds(20);
  boolean keepConnected;
  Set<ProtocolVersion> protocols = EnumSet.allOf(ProtocolVersion.class);
  InstantSource clock = InstantSource.system();

  AgentChannelBuilder(LinkDialer dialer, Executor executor, Timers timers) {
    this.dialer = dialer;
    this.executor = executor;
    this.timers = timers;
  }

  /** What calls are addressed to unless they say otherwise. */
  public AgentChannelBuilder authority(String value) {
    authority = value;
    return this;
  }

  /** Adds interceptors around all calls; the one added last is called first, as in gRPC. */
  public AgentChannelBuilder intercept(ClientInterceptor... added) {
    interceptors.addAll(List.of(added));
    return this;
  }

  /** What is taken from the agent and kept for it. Sets write buffers that fit. */
  public AgentChannelBuilder limits(TransportLimits value) {
    limits = value;
    writeBuffers = new WriteBuffers(value, 1);
    return this;
  }

  /** The memory that messages may take; share one among all channels of a process. */
  public AgentChannelBuilder budget(BufferBudget value) {
    budget = value;
    return this;
  }

  /** Buffers to write with, shared among channels; made for the same or larger limits. */
  public AgentChannelBuilder writeBuffers(WriteBuffers value) {
    writeBuffers = value;
    return this;
  }

  /** Source of nonces and jitter; must be cryptographically strong outside of tests. */
  public AgentChannelBuilder random(RandomGenerator value) {
    random = value;
    return this;
  }

  /** Name and version that the agent is told. */
  public AgentChannelBuilder software(String value) {
    software = value;
    return this;
  }

  /** Largest message that a call takes which sets no limit of its own, in bytes. */
  public AgentChannelBuilder maxInboundMessageBytes(int value) {
    if (value < 0) {
      throw new IllegalArgumentException("a message limit of " + value + " bytes");
    }
    maxInboundMessageBytes = value;
    return this;
  }

  /** Pauses between attempts to connect. */
  public AgentChannelBuilder backoff(Backoff value) {
    backoff = value;
    return this;
  }

  /**
   * A link over which nobody answers for so long counts as a failure; calls that do not wait for
   * ready fail then. Attempts go on.
   */
  public AgentChannelBuilder answerTimeout(Duration value) {
    answerTimeout = value;
    return this;
  }

  /**
   * When to look whether a silent agent is alive.
   *
   * @param idle silence after which it is asked
   * @param timeout further silence after which the session is given up
   */
  public AgentChannelBuilder keepalive(Duration idle, Duration timeout) {
    keepalive = idle;
    keepaliveTimeout = timeout;
    return this;
  }

  /** Whether to connect at once and stay so, instead of when a call wants it. Default: no. */
  public AgentChannelBuilder keepConnected(boolean value) {
    keepConnected = value;
    return this;
  }

  /**
   * The protocols that are tried. Default: all. An agent that answers no Hello but gives signs of
   * version 1 is driven by that, as far as {@link com.limiquantix.agent.protocol.V1Table} goes,
   * until it starts anew.
   *
   * @throws IllegalArgumentException if there is none
   */
  public AgentChannelBuilder protocols(Set<ProtocolVersion> value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("a channel that speaks no protocol");
    }
    protocols = EnumSet.copyOf(value);
    return this;
  }

  /** Dates the messages of version 1. */
  public AgentChannelBuilder clock(InstantSource value) {
    clock = value;
    return this;
  }

  /** The channel. */
  public AgentChannel build() {
    return new AgentChannel(this);
  }
}
