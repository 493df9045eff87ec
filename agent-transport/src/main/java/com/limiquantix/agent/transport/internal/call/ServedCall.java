package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.session.CallStream;
import com.limiquantix.agent.transport.internal.session.InboundMessage;
import com.limiquantix.agent.transport.internal.session.ServedStream;
import com.limiquantix.agent.transport.internal.session.Session;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call from the moment a host opens it: finds the method, gives it a context with the caller's
 * deadline, and passes on what arrives.
 *
 * @param <S> what carries it to its host
 */
public final class ServedCall<S extends ServedStream> implements CallStream.Listener {
  private static final Logger log = LoggerFactory.getLogger(ServedCall.class);

  private final CallServer server;
  private final CallHeaders opening;
  private final Metadata headers;
  private final S stream;
  private final ServerTracers tracers;
  private final SerialExecutor serial;
  private final InboundDelivery delivery;
  private final Context.CancellableContext context;
  private volatile @Nullable ServerCallImpl<?, ?> call;
  private ServerCall.@Nullable Listener<?> listener;
  private volatile boolean over;
  private final AtomicBoolean finishing = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();

  private ServedCall(
      CallServer server,
      Function<CallStream.Listener, S> streams,
      CallHeaders opening,
      Metadata headers) {
    this.server = server;
    this.opening = opening;
    this.headers = headers;
    String method = opening.getMethod();
    this.stream = streams.apply(this);
    this.serial = new SerialExecutor(server.executor(method), this::callbackFailed);
    this.delivery = new InboundDelivery(serial, this::deliver);
    this.tracers = ServerTracers.create(server.tracers(), method, headers);
    Context base = tracers.filterContext(Context.ROOT);
    this.context =
        opening.hasTimeoutNanos()
            ? base.withDeadline(
                Deadline.after(opening.getTimeoutNanos(), TimeUnit.NANOSECONDS), server.deadlines())
            : base.withCancellation();
  }

  /** Takes a call that a host has opened, or refuses it. */
  public static void open(CallServer server, Object lock, Session session, Frame.Open open) {
    CallHeaders opening = open.message();
    Metadata headers;
    try {
      headers = MetadataCodec.decode(opening.getMetadataList());
    } catch (IllegalArgumentException e) {
      refuse(session, open, Status.INTERNAL.withDescription("metadata with an illegal key"));
      server.ended();
      return;
    }
    if (opening.hasTimeoutNanos()) {
      headers.put(MetadataCodec.TIMEOUT, MetadataCodec.timeout(opening.getTimeoutNanos()));
    }
    ServedCall<CallStream> call =
        new ServedCall<>(
            server,
            listener -> streamOf(server, lock, opening.getMethod(), listener),
            opening,
            headers);
    if (!session.accept(open, call.stream, server.maxCalls(opening.getMethod()))) {
      Status refusal =
          Status.RESOURCE_EXHAUSTED.withDescription(
              "as many calls are open as the agent serves at once ("
                  + server.limits().maxCalls()
                  + "); end some first");
      refuse(session, open, refusal);
      call.tracers.streamClosed(refusal);
      call.context.cancel(null);
      call.ended();
      return;
    }
    call.begin();
  }

  private static CallStream streamOf(
      CallServer server, Object lock, String method, CallStream.Listener listener) {
    return new CallStream(
        lock, server.budget(method), server.limits(), server.maxInboundMessageBytes(), listener);
  }

  /**
   * Takes a call that came by another way than a session.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.AgentService/Ping}
   * @param streams makes what carries the call to its host
   * @return what is to be told of its messages and half close
   */
  public static CallStream.Listener open(
      CallServer server,
      String fullMethodName,
      Function<CallStream.Listener, ? extends ServedStream> streams) {
    ServedCall<?> call =
        new ServedCall<ServedStream>(
            server,
            streams::apply,
            CallHeaders.newBuilder().setMethod(fullMethodName).build(),
            new Metadata());
    call.begin();
    return call;
  }

  private void begin() {
    context.addListener(this::deadlinePassed, Runnable::run);
    serial.execute(this::dispatch);
  }

  /** Ends a call that is not served. */
  public static void refuse(Session session, Frame.Open open, Status status) {
    int limit = session.terms().peerMaxHeaderBytes();
    session.refuse(open, ServerCallImpl.trailers(status, new Metadata(), limit));
  }

  private void ended() {
    if (ended.compareAndSet(false, true)) {
      server.ended();
    }
  }

  private void dispatch() {
    String name = opening.getMethod();
    String authority = opening.getAuthority().isEmpty() ? null : opening.getAuthority();
    ServerMethodDefinition<?, ?> method = server.find(name, authority);
    if (method == null) {
      over = true;
      closeBecauseOf(
          Status.UNIMPLEMENTED.withDescription("Method not found: " + name), new Metadata());
      return;
    }
    try {
      inContext(() -> listener = start(method, authority));
    } catch (Throwable e) {
      log.error("{} failed to start", name, e);
      Metadata trailers = Status.trailersFromThrowable(e);
      closeBecauseOf(Status.fromThrowable(e), trailers == null ? new Metadata() : trailers);
      return;
    }
    stream.announceReady();
  }

  private <Q, R> ServerCall.Listener<Q> start(
      ServerMethodDefinition<Q, R> method, @Nullable String authority) {
    ServerCallImpl<Q, R> started =
        new ServerCallImpl<>(
            method.getMethodDescriptor(),
            stream,
            delivery,
            tracers,
            server,
            authority,
            headers.get(MetadataCodec.ENCODING),
            this::onLocalReset);
    call = started;
    if (over) {
      started.markCancelled();
    }
    tracers.serverCallStarted(started.info());
    ServerCall.Listener<Q> result = method.getServerCallHandler().startCall(started, headers);
    if (result == null) {
      throw new NullPointerException(
          "startCall() returned a null listener for method " + opening.getMethod());
    }
    return result;
  }

  private volatile @Nullable Status finalStatus;

  /** Ends the call with a status of ours, unless the application has ended it. */
  private void closeBecauseOf(Status status, Metadata trailers) {
    ServerCallImpl<?, ?> current = call;
    if (current != null) {
      current.closeUnlessClosed(status, trailers);
      return;
    }
    finalStatus = status;
    stream.sendTrailers(ServerCallImpl.trailers(status, trailers, stream.peerMaxHeaderBytes()));
    stream.flush();
  }

  private void deadlinePassed(Context cancelled) {
    Status status = Contexts.statusFromCancelled(cancelled);
    if (status != null && status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      stream.cancel(status);
      onReset(status);
    }
  }

  /** The call broke a rule of its own; the peer has been told. */
  private void onLocalReset(Status status) {
    onReset(status);
  }

  @Override
  public void onMessage(InboundMessage message) {
    delivery.message(message);
  }

  private void deliver(InboundMessage message) {
    ServerCallImpl<?, ?> current = call;
    ServerCall.Listener<?> target = listener;
    try {
      if (current != null && target != null && !over) {
        inContext(() -> current.deliver(message, target));
      }
    } catch (StatusRuntimeException e) {
      closeBecauseOf(e.getStatus(), new Metadata());
    } catch (Throwable e) {
      listenerFailed(e);
    } finally {
      message.release();
      stream.consumed(message.totalBytes());
    }
  }

  @Override
  public void onHalfClose() {
    delivery.end(() -> callback(ServerCall.Listener::onHalfClose));
  }

  @Override
  public void onReady() {
    delivery.event(() -> callback(ServerCall.Listener::onReady));
  }

  @Override
  public void onReset(Status status) {
    finish(
        status,
        ServerCall.Listener::onCancel,
        new CancellationException(
            status.getCode() + ": " + String.valueOf(status.getDescription())));
  }

  @Override
  public void onTrailersSent() {
    ServerCallImpl<?, ?> current = call;
    Status own = finalStatus;
    Status status = own != null ? own : current != null ? current.closedWith() : Status.OK;
    finish(status, ServerCall.Listener::onComplete, null);
  }

  private void finish(
      Status status, Consumer<ServerCall.Listener<?>> last, @Nullable Throwable cause) {
    if (!finishing.compareAndSet(false, true)) {
      return;
    }
    over = true;
    if (cause != null) {
      ServerCallImpl<?, ?> current = call;
      if (current != null) {
        current.markCancelled();
      }
      // At once, so that work on any thread learns of it, not only after queued callbacks.
      context.cancel(cause);
    }
    tracers.streamClosed(status);
    delivery.stop(
        () -> {
          try {
            ServerCall.Listener<?> target = listener;
            if (target != null) {
              inContext(() -> last.accept(target));
            }
          } finally {
            context.cancel(cause);
            ended();
          }
        });
  }

  private void callback(Consumer<ServerCall.Listener<?>> method) {
    ServerCall.Listener<?> target = listener;
    if (target == null || over) {
      return;
    }
    try {
      inContext(() -> method.accept(target));
    } catch (Throwable e) {
      listenerFailed(e);
    }
  }

  private void listenerFailed(Throwable failure) {
    log.error("{} failed", opening.getMethod(), failure);
    closeBecauseOf(
        Status.UNKNOWN.withDescription("Application error processing RPC").withCause(failure),
        new Metadata());
  }

  private void inContext(Runnable callback) {
    Context previous = context.attach();
    try {
      callback.run();
    } finally {
      context.detach(previous);
    }
  }

  /** An exception out of the last callback, or an executor that takes none any more. */
  private void callbackFailed(Throwable failure) {
    log.error("{} failed at its end", opening.getMethod(), failure);
    if (finishing.compareAndSet(false, true)) {
      over = true;
      stream.cancel(Status.UNAVAILABLE.withDescription("the server is shutting down"));
      context.cancel(failure);
    }
    ended();
  }

  @Override
  public void onHeaders(ResponseHeaders message) {
    throw new IllegalStateException("only an agent sends headers of an answer");
  }

  @Override
  public void onTrailers(CallTrailers message) {
    throw new IllegalStateException("only an agent sends trailers");
  }
}
