package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.TransportLimits;
import io.grpc.Attributes;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerStreamTracer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** What a served call needs of its server. */
public interface CallServer {
  /** What messages of calls to this method are reserved of. */
  BufferBudget budget(String fullMethodName);

  /** How many calls may be open in a session for one of this method to be taken. */
  int maxCalls(String fullMethodName);

  TransportLimits limits();

  int maxInboundMessageBytes();

  /** Runs the callbacks of calls to this method. */
  Executor executor(String fullMethodName);

  /** The method with all interceptors around it, or null if nobody serves it. */
  @Nullable ServerMethodDefinition<?, ?> find(String fullMethodName, @Nullable String authority);

  List<ServerStreamTracer.Factory> tracers();

  /** Cancels the contexts of calls at their deadlines. */
  ScheduledExecutorService deadlines();

  /** Addresses and peer of the link that a call came over, and the protocol that it came by. */
  Attributes attributes(ProtocolVersion protocol);

  /** The last callback of a call has returned, or it was refused. */
  void ended();
}
