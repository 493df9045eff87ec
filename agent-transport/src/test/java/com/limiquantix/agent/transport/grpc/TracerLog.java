package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** What one stream tracer was told, in order, and how the stream ended. */
final class TracerLog {
  static final Context.Key<String> FILTERED = Context.key("filtered");
  static final Metadata.Key<String> ADDED =
      Metadata.Key.of("x-traced", Metadata.ASCII_STRING_MARSHALLER);

  private final List<String> events = new ArrayList<>();
  private final List<Status> ends = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  final String method;
  final AtomicLong outbound = new AtomicLong();
  final AtomicLong inbound = new AtomicLong();

  private TracerLog(String method) {
    this.method = method;
  }

  private synchronized void add(String event) {
    events.add(event);
  }

  private void close(Status status) {
    synchronized (this) {
      events.add("closed");
      ends.add(status);
    }
    closed.countDown();
  }

  synchronized List<String> events() {
    return List.copyOf(events);
  }

  /** The status that the stream was closed with, exactly once and with nothing after it. */
  Status end() throws InterruptedException {
    assertThat(closed.await(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS))
        .as("streamClosed is called")
        .isTrue();
    synchronized (this) {
      assertThat(ends).hasSize(1);
      assertThat(events).endsWith("closed");
      return ends.get(0);
    }
  }

  /** Makes tracers of the client and hands out their logs. */
  static final class OfClient extends ClientStreamTracer.Factory {
    final BlockingQueue<TracerLog> logs = new LinkedBlockingQueue<>();

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      TracerLog log = new TracerLog("");
      logs.add(log);
      return new ClientStreamTracer() {
        @Override
        public void streamCreated(Attributes attributes, Metadata metadata) {
          log.add("created");
          metadata.put(ADDED, "by the tracer");
        }

        @Override
        public void outboundHeaders() {
          log.add("out headers");
        }

        @Override
        public void inboundHeaders() {
          log.add("in headers");
        }

        @Override
        public void inboundTrailers(Metadata trailers) {
          log.add("in trailers");
        }

        @Override
        public void outboundMessage(int number) {
          log.add("out message " + number);
        }

        @Override
        public void inboundMessage(int number) {
          log.add("in message " + number);
        }

        @Override
        public void outboundMessageSent(int number, long onWire, long uncompressed) {
          log.outbound.addAndGet(uncompressed);
        }

        @Override
        public void inboundMessageRead(int number, long onWire, long uncompressed) {
          log.inbound.addAndGet(uncompressed);
        }

        @Override
        public void streamClosed(Status status) {
          log.close(status);
        }
      };
    }
  }

  /** Makes tracers of the server and hands out their logs. */
  static final class OfServer extends ServerStreamTracer.Factory {
    final BlockingQueue<TracerLog> logs = new LinkedBlockingQueue<>();

    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
      TracerLog log = new TracerLog(method);
      logs.add(log);
      return new ServerStreamTracer() {
        @Override
        public Context filterContext(Context context) {
          log.add("filter");
          return context.withValue(FILTERED, "by the tracer");
        }

        @Override
        public void serverCallStarted(ServerCallInfo<?, ?> info) {
          log.add("started " + info.getMethodDescriptor().getFullMethodName());
        }

        @Override
        public void outboundMessage(int number) {
          log.add("out message " + number);
        }

        @Override
        public void inboundMessage(int number) {
          log.add("in message " + number);
        }

        @Override
        public void outboundMessageSent(int number, long onWire, long uncompressed) {
          log.outbound.addAndGet(uncompressed);
        }

        @Override
        public void inboundMessageRead(int number, long onWire, long uncompressed) {
          log.inbound.addAndGet(uncompressed);
        }

        @Override
        public void streamClosed(Status status) {
          log.close(status);
        }
      };
    }
  }
}
