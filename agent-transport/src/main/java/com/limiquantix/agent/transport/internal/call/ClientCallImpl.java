package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.session.CallStream;
import com.limiquantix.agent.transport.internal.session.InboundMessage;
import com.limiquantix.agent.transport.internal.session.Session;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Compressor;
import io.grpc.CompressorRegistry;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call from the caller's side. {@link ClientCall} says what may be called when and by whom.
 *
 * @param <Q> what is asked
 * @param <R> what is answered
 */
public final class ClientCallImpl<Q, R> extends ClientCall<Q, R> {
  private static final Status ILLEGAL_METADATA =
      Status.INTERNAL.withDescription("the agent answered with metadata that has an illegal key");

  private final CallCarrier carrier;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Context context;
  private final Context.CancellationListener onContextCancelled = this::contextCancelled;
  private final SerialExecutor serial;
  private final InboundDelivery delivery;
  private final CallStream stream;
  private final int maxInboundBytes;

  private @Nullable Listener<R> listener;
  private @Nullable ClientTracers tracers;
  private @Nullable Compressor compressor;
  private @Nullable Decompressor decompressor;
  private boolean compressMessages = true;
  private boolean halfClosed;
  private volatile boolean cancelled;
  private volatile @Nullable Deadline deadline;
  private volatile String deadlineName = "";
  private volatile Timers.@Nullable Timer deadlineTimer;
  private final AtomicBoolean finishing = new AtomicBoolean();
  private volatile boolean finished;
  private volatile CallHeaders headers = CallHeaders.getDefaultInstance();

  public ClientCallImpl(CallCarrier carrier, MethodDescriptor<Q, R> method, CallOptions options) {
    this.carrier = carrier;
    this.method = method;
    this.options = options;
    this.context = Context.current();
    Executor chosen = options.getExecutor();
    this.serial =
        new SerialExecutor(chosen == null ? carrier.executor() : chosen, this::callbackFailed);
    this.delivery = new InboundDelivery(serial, this::deliver);
    Integer limit = options.getMaxInboundMessageSize();
    this.maxInboundBytes = limit == null ? carrier.maxInboundMessageBytes() : limit;
    this.stream =
        new CallStream(
            carrier.lock(), carrier.budget(), carrier.limits(), maxInboundBytes, new FromPeer());
  }

  @Override
  public void start(Listener<R> responseListener, Metadata requestHeaders) {
    check(listener == null, "Already started");
    check(!cancelled, "call was cancelled");
    listener = responseListener;
    Status refused = carrier.started(this);
    requestHeaders.discardAll(MetadataCodec.TIMEOUT);
    requestHeaders.discardAll(MetadataCodec.ENCODING);
    ClientTracers created = ClientTracers.create(options, requestHeaders);
    tracers = created;
    Status refusal = refused == null ? prepare(requestHeaders) : refused;
    if (refusal != null) {
      finish(refusal, new Metadata());
      return;
    }
    created.streamCreated(carrier.attributes(), requestHeaders);
    context.addListener(onContextCancelled, Runnable::run);
    startDeadline();
    Credentials.apply(
        options,
        method,
        authority(),
        carrier.executor(),
        requestHeaders,
        () -> begin(requestHeaders),
        this::abort);
  }

  /** Why the call cannot begin, or null. */
  private @Nullable Status prepare(Metadata requestHeaders) {
    if (context.isCancelled()) {
      return Contexts.statusFromCancelled(context);
    }
    String compressorName = options.getCompressor();
    if (compressorName != null && !compressorName.equals("identity")) {
      compressor = CompressorRegistry.getDefaultInstance().lookupCompressor(compressorName);
      if (compressor == null) {
        return Status.INTERNAL.withDescription(
            "Unable to find compressor by name " + compressorName);
      }
      requestHeaders.put(MetadataCodec.ENCODING, compressorName);
    }
    Deadline own = options.getDeadline();
    Deadline inherited = context.getDeadline();
    deadline = own == null ? inherited : inherited == null ? own : own.minimum(inherited);
    deadlineName = deadline != null && deadline.equals(own) ? "CallOptions" : "Context";
    Deadline effective = deadline;
    if (effective != null && effective.isExpired()) {
      return Status.DEADLINE_EXCEEDED.withDescription(
          String.format(
              Locale.ROOT,
              "ClientCall started after %s deadline was exceeded %.9f seconds ago",
              deadlineName,
              -effective.timeRemaining(TimeUnit.NANOSECONDS) / 1e9));
    }
    return null;
  }

  private void startDeadline() {
    Deadline effective = deadline;
    if (effective == null) {
      return;
    }
    long left = effective.timeRemaining(TimeUnit.NANOSECONDS);
    deadlineTimer = carrier.timers().schedule(() -> deadlinePassed(left), left);
    if (finished) {
      cancelDeadlineTimer();
    }
  }

  private void deadlinePassed(long afterNanos) {
    abort(
        Status.DEADLINE_EXCEEDED.withDescription(
            String.format(
                Locale.ROOT, "%s deadline exceeded after %.9fs", deadlineName, afterNanos / 1e9)));
  }

  private void begin(Metadata requestHeaders) {
    headers =
        CallHeaders.newBuilder()
            .setMethod(method.getFullMethodName())
            .setAuthority(authority())
            .addAllMetadata(MetadataCodec.encode(requestHeaders))
            .build();
    if (!finished) {
      carrier.begin(this);
    }
  }

  private String authority() {
    String own = options.getAuthority();
    return own == null ? carrier.authority() : own;
  }

  /** Whether the call outlasts failures to connect. */
  public boolean waitsForReady() {
    return options.isWaitForReady();
  }

  /** Tries to open the call in a session. */
  public Session.Opening openIn(Session session) {
    Deadline effective = deadline;
    CallHeaders opening = headers;
    if (effective != null) {
      long left = Math.max(0, effective.timeRemaining(TimeUnit.NANOSECONDS));
      opening = opening.toBuilder().setTimeoutNanos(left).build();
    }
    return session.open(stream, opening);
  }

  /** After the call was opened, with no lock held. */
  public void opened() {
    ClientTracers current = tracers;
    if (current != null) {
      current.outboundHeaders();
    }
    // A unary call is sent whole when it is half closed, in one write.
    if (!method.getType().clientSendsOneMessage() || halfClosed) {
      stream.flush();
    }
    stream.announceReady();
  }

  /** Ends the call without or with the peer's help. */
  public void abort(Status status) {
    stream.cancel(status);
    finish(status, new Metadata());
  }

  private void contextCancelled(Context cancelledContext) {
    abort(Contexts.statusFromCancelled(cancelledContext));
  }

  @Override
  public void request(int count) {
    check(listener != null, "Not started");
    if (count < 0) {
      throw new IllegalArgumentException("Number requested must be non-negative");
    }
    if (count > 0) {
      stream.request(count);
      delivery.request(count);
    }
  }

  @Override
  public void sendMessage(Q message) {
    check(listener != null, "Not started");
    check(!cancelled, "call was cancelled");
    check(!halfClosed, "call was half-closed");
    if (finished) {
      return;
    }
    try {
      Integer limit = options.getMaxOutboundMessageSize();
      byte[] plain =
          MessageCodec.serialize(
              method.streamRequest(message), limit == null ? Integer.MAX_VALUE - 8 : limit);
      Compressor used = compressMessages ? compressor : null;
      byte[] wire = used == null ? plain : MessageCodec.compress(plain, used);
      if (!stream.sendMessage(wire, used != null)) {
        abort(noRoom(wire.length, carrier));
        return;
      }
      if (tracers != null) {
        tracers.outboundMessage(wire.length, plain.length);
      }
    } catch (RuntimeException e) {
      abort(Status.CANCELLED.withCause(e).withDescription("Failed to stream message"));
      return;
    } catch (Error e) {
      abort(Status.CANCELLED.withDescription("Client sendMessage() failed with Error"));
      throw e;
    }
    if (!method.getType().clientSendsOneMessage()) {
      stream.flush();
    }
  }

  private static Status noRoom(int bytes, CallCarrier carrier) {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "no room to queue a message of "
            + bytes
            + " bytes: all buffers together may take "
            + carrier.budget().limitBytes()
            + " bytes; wait for isReady, or for other calls to end");
  }

  @Override
  public void halfClose() {
    check(listener != null, "Not started");
    check(!cancelled, "call was cancelled");
    check(!halfClosed, "call already half-closed");
    halfClosed = true;
    stream.sendHalfClose();
    stream.flush();
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    if (cancelled) {
      return;
    }
    cancelled = true;
    Throwable reason =
        message == null && cause == null
            ? new CancellationException("Cancelled without a message or cause")
            : cause;
    Status status =
        Status.CANCELLED
            .withDescription(message == null ? "Call cancelled without message" : message)
            .withCause(reason);
    if (listener != null) {
      abort(status);
    }
  }

  @Override
  public boolean isReady() {
    return !halfClosed && !finished && stream.isReady();
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    check(listener != null, "Not started");
    compressMessages = enabled;
  }

  @Override
  public Attributes getAttributes() {
    return stream.session() == null ? Attributes.EMPTY : carrier.attributes();
  }

  @Override
  public String toString() {
    return "call of " + method.getFullMethodName();
  }

  private static void check(boolean legal, String otherwise) {
    if (!legal) {
      throw new IllegalStateException(otherwise);
    }
  }

  /** Closes the call once, for whatever reason comes first. */
  private void finish(Status status, Metadata trailers) {
    if (!finishing.compareAndSet(false, true)) {
      return;
    }
    finished = true;
    Deadline effective = deadline;
    Status told = status;
    if (status.getCode() == Status.Code.CANCELLED
        && !cancelled
        && effective != null
        && effective.isExpired()) {
      told = Status.DEADLINE_EXCEEDED.withDescription("the peer gave up at the call's deadline");
    }
    Status last = told;
    context.removeListener(onContextCancelled);
    cancelDeadlineTimer();
    if (tracers != null) {
      tracers.streamClosed(last);
    }
    delivery.stop(() -> close(last, trailers));
  }

  private void cancelDeadlineTimer() {
    Timers.Timer timer = deadlineTimer;
    if (timer != null) {
      timer.cancel();
    }
  }

  private void close(Status status, Metadata trailers) {
    try {
      inContext(() -> started().onClose(status, trailers));
    } finally {
      carrier.ended(this);
    }
  }

  private void inContext(Runnable callback) {
    Context previous = context.attach();
    try {
      callback.run();
    } finally {
      context.detach(previous);
    }
  }

  private Listener<R> started() {
    Listener<R> current = listener;
    if (current == null) {
      throw new IllegalStateException("Not started");
    }
    return current;
  }

  private void deliver(InboundMessage message) {
    int bytes = message.totalBytes();
    try {
      InputStream content = MessageCodec.open(message, decompressor, maxInboundBytes);
      if (tracers != null) {
        tracers.inboundMessage(bytes, MessageCodec.plainBytes(message, content));
      }
      guarded("Failed to read message.", () -> started().onMessage(method.parseResponse(content)));
    } catch (StatusRuntimeException e) {
      abort(e.getStatus());
    } finally {
      message.release();
      stream.consumed(bytes);
    }
  }

  /** Runs a callback of the application; if it throws, the call is cancelled with that cause. */
  private void guarded(String failure, Runnable callback) {
    try {
      inContext(callback);
    } catch (Throwable e) {
      abort(Status.CANCELLED.withCause(e).withDescription(failure));
    }
  }

  /** An exception out of {@code onClose}, or an executor that takes no callbacks any more. */
  private void callbackFailed(Throwable failure) {
    if (finishing.compareAndSet(false, true)) {
      finished = true;
      stream.cancel(Status.CANCELLED.withDescription("the caller's executor takes no callbacks"));
      cancelDeadlineTimer();
    }
    carrier.ended(this);
    Thread thread = Thread.currentThread();
    thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
  }

  /** What the session tells; nothing here may block. */
  private final class FromPeer implements CallStream.Listener {
    @Override
    public void onHeaders(ResponseHeaders message) {
      Metadata metadata;
      try {
        metadata = MetadataCodec.decode(message.getMetadataList());
      } catch (IllegalArgumentException e) {
        abort(ILLEGAL_METADATA);
        return;
      }
      if (tracers != null) {
        tracers.inboundHeaders(metadata);
      }
      String encoding = metadata.get(MetadataCodec.ENCODING);
      if (encoding != null && !encoding.equals("identity")) {
        decompressor = DecompressorRegistry.getDefaultInstance().lookupDecompressor(encoding);
        if (decompressor == null) {
          abort(Status.INTERNAL.withDescription("Can't find decompressor for " + encoding));
          return;
        }
      }
      delivery.event(
          () -> whileOpen("Failed to read headers", () -> started().onHeaders(metadata)));
    }

    @Override
    public void onMessage(InboundMessage message) {
      delivery.message(message);
    }

    @Override
    public void onHalfClose() {
      throw new IllegalStateException("only a host half closes");
    }

    @Override
    public void onTrailers(CallTrailers message) {
      Metadata trailers;
      try {
        trailers = MetadataCodec.decode(message.getMetadataList());
      } catch (IllegalArgumentException e) {
        finish(ILLEGAL_METADATA, new Metadata());
        return;
      }
      Status status = Status.fromCodeValue(message.getCode());
      Status told =
          message.getMessage().isEmpty() ? status : status.withDescription(message.getMessage());
      delivery.end(
          () -> {
            if (tracers != null) {
              tracers.inboundTrailers(trailers);
            }
            finish(told, trailers);
          });
    }

    @Override
    public void onReset(Status status) {
      finish(status, new Metadata());
    }

    @Override
    public void onReady() {
      if (!method.getType().clientSendsOneMessage()) {
        delivery.event(() -> whileOpen("Failed to call onReady.", () -> started().onReady()));
      }
    }

    @Override
    public void onTrailersSent() {
      throw new IllegalStateException("only an agent sends trailers");
    }

    private void whileOpen(String failure, Runnable callback) {
      if (!finished) {
        guarded(failure, callback);
      }
    }
  }
}
