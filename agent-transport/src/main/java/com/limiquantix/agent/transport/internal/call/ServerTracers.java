package com.limiquantix.agent.transport.internal.call;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Drives the stream tracers of one served call in the order that gRPC promises them. */
final class ServerTracers {
  private final List<ServerStreamTracer> tracers;
  private final AtomicBoolean closed = new AtomicBoolean();
  private int outboundSequence;
  private int inboundSequence;

  private ServerTracers(List<ServerStreamTracer> tracers) {
    this.tracers = tracers;
  }

  static ServerTracers create(
      List<ServerStreamTracer.Factory> factories, String fullMethodName, Metadata headers) {
    return new ServerTracers(
        factories.stream()
            .map(factory -> factory.newServerStreamTracer(fullMethodName, headers))
            .toList());
  }

  Context filterContext(Context context) {
    Context filtered = context;
    for (ServerStreamTracer tracer : tracers) {
      filtered = tracer.filterContext(filtered);
    }
    return filtered;
  }

  void serverCallStarted(ServerStreamTracer.ServerCallInfo<?, ?> info) {
    tracers.forEach(tracer -> tracer.serverCallStarted(info));
  }

  void outboundMessage(long wireBytes, long plainBytes) {
    int sequence = outboundSequence++;
    for (ServerStreamTracer tracer : tracers) {
      tracer.outboundMessage(sequence);
      tracer.outboundMessageSent(sequence, wireBytes, plainBytes);
      tracer.outboundWireSize(wireBytes);
      tracer.outboundUncompressedSize(plainBytes);
    }
  }

  void inboundMessage(long wireBytes, long plainBytes) {
    int sequence = inboundSequence++;
    for (ServerStreamTracer tracer : tracers) {
      tracer.inboundMessage(sequence);
      tracer.inboundMessageRead(sequence, wireBytes, plainBytes);
      tracer.inboundWireSize(wireBytes);
      tracer.inboundUncompressedSize(plainBytes);
    }
  }

  void streamClosed(Status status) {
    if (closed.compareAndSet(false, true)) {
      tracers.forEach(tracer -> tracer.streamClosed(status));
    }
  }
}
