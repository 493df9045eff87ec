package com.limiquantix.agent.transport.internal.call;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Drives the stream tracers of one call in the order that gRPC promises them. */
final class ClientTracers {
  private final List<ClientStreamTracer> tracers;
  private final AtomicBoolean closed = new AtomicBoolean();
  private int outboundSequence;
  private int inboundSequence;

  private ClientTracers(List<ClientStreamTracer> tracers) {
    this.tracers = tracers;
  }

  /** Creates the tracers; they may add to the headers. */
  static ClientTracers create(CallOptions options, Metadata headers) {
    ClientStreamTracer.StreamInfo info =
        ClientStreamTracer.StreamInfo.newBuilder().setCallOptions(options).build();
    return new ClientTracers(
        options.getStreamTracerFactories().stream()
            .map(factory -> factory.newClientStreamTracer(info, headers))
            .toList());
  }

  void streamCreated(Attributes attributes, Metadata headers) {
    tracers.forEach(tracer -> tracer.streamCreated(attributes, headers));
  }

  void outboundHeaders() {
    tracers.forEach(ClientStreamTracer::outboundHeaders);
  }

  void outboundMessage(long wireBytes, long plainBytes) {
    int sequence = outboundSequence++;
    for (ClientStreamTracer tracer : tracers) {
      tracer.outboundMessage(sequence);
      tracer.outboundMessageSent(sequence, wireBytes, plainBytes);
      tracer.outboundWireSize(wireBytes);
      tracer.outboundUncompressedSize(plainBytes);
    }
  }

  void inboundHeaders(Metadata headers) {
    tracers.forEach(tracer -> tracer.inboundHeaders(headers));
  }

  void inboundMessage(long wireBytes, long plainBytes) {
    int sequence = inboundSequence++;
    for (ClientStreamTracer tracer : tracers) {
      tracer.inboundMessage(sequence);
      tracer.inboundMessageRead(sequence, wireBytes, plainBytes);
      tracer.inboundWireSize(wireBytes);
      tracer.inboundUncompressedSize(plainBytes);
    }
  }

  void inboundTrailers(Metadata trailers) {
    tracers.forEach(tracer -> tracer.inboundTrailers(trailers));
  }

  void streamClosed(Status status) {
    if (closed.compareAndSet(false, true)) {
      tracers.forEach(tracer -> tracer.streamClosed(status));
    }
  }
}
