package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.internal.session.InboundMessage;
import com.limiquantix.agent.transport.internal.session.ServedStream;
import io.grpc.Attributes;
import io.grpc.Compressor;
import io.grpc.CompressorRegistry;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call as its handler sees it. {@link ServerCall} says what may be called when.
 *
 * @param <Q> what is asked
 * @param <R> what is answered
 */
final class ServerCallImpl<Q, R> extends ServerCall<Q, R> {
  private final MethodDescriptor<Q, R> method;
  private final ServedStream stream;
  private final InboundDelivery delivery;
  private final ServerTracers tracers;
  private final CallServer server;
  private final @Nullable String authority;
  private final @Nullable String inboundEncoding;
  private final Consumer<Status> onReset;

  private boolean headersSent;
  private boolean messageSent;
  private volatile boolean closed;
  private volatile boolean cancelled;
  private volatile Status closedWith = Status.OK;
  private @Nullable String compressorName;
  private @Nullable Compressor compressor;
  private boolean compressMessages = true;

  ServerCallImpl(
      MethodDescriptor<Q, R> method,
      ServedStream stream,
      InboundDelivery delivery,
      ServerTracers tracers,
      CallServer server,
      @Nullable String authority,
      @Nullable String inboundEncoding,
      Consumer<Status> onReset) {
    this.method = method;
    this.stream = stream;
    this.delivery = delivery;
    this.tracers = tracers;
    this.server = server;
    this.authority = authority;
    this.inboundEncoding = inboundEncoding;
    this.onReset = onReset;
  }

  ServerStreamTracer.ServerCallInfo<Q, R> info() {
    return new ServerStreamTracer.ServerCallInfo<>() {
      @Override
      public MethodDescriptor<Q, R> getMethodDescriptor() {
        return method;
      }

      @Override
      public Attributes getAttributes() {
        return server.attributes(stream.protocol());
      }

      @Override
      public @Nullable String getAuthority() {
        return authority;
      }
    };
  }

  /** Parses a message and hands it to the listener, which is this call's own. */
  void deliver(InboundMessage message, ServerCall.Listener<?> target) {
    InputStream content =
        MessageCodec.open(message, decompressor(message), server.maxInboundMessageBytes());
    tracers.inboundMessage(message.totalBytes(), MessageCodec.plainBytes(message, content));
    Q request;
    try {
      request = method.parseRequest(content);
    } catch (StatusRuntimeException e) {
      // As with any listener's exception, what went wrong inside is not told to the peer.
      throw new IllegalArgumentException("a request that cannot be parsed", e);
    }
    @SuppressWarnings("unchecked")
    ServerCall.Listener<Q> own = (ServerCall.Listener<Q>) target;
    own.onMessage(request);
  }

  private @Nullable Decompressor decompressor(InboundMessage message) {
    if (!message.compressed() || inboundEncoding == null) {
      return null;
    }
    Decompressor found =
        DecompressorRegistry.getDefaultInstance().lookupDecompressor(inboundEncoding);
    if (found == null) {
      throw Status.UNIMPLEMENTED
          .withDescription("Can't find decompressor for " + inboundEncoding)
          .asRuntimeException();
    }
    return found;
  }

  @Override
  public void request(int count) {
    stream.request(count);
    delivery.request(count);
  }

  @Override
  public void sendHeaders(Metadata headers) {
    check(!headersSent, "sendHeaders has already been called");
    check(!closed, "call is closed");
    headersSent = true;
    headers.discardAll(MetadataCodec.ENCODING);
    if (compressor != null && compressorName != null) {
      headers.put(MetadataCodec.ENCODING, compressorName);
    }
    ResponseHeaders message =
        ResponseHeaders.newBuilder().addAllMetadata(MetadataCodec.encode(headers)).build();
    int limit = stream.peerMaxHeaderBytes();
    if (message.getSerializedSize() > limit) {
      reset(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "headers of " + message.getSerializedSize() + " bytes, but the peer takes " + limit));
      return;
    }
    stream.sendHeaders(message);
    if (!method.getType().serverSendsOneMessage()) {
      stream.flush();
    }
  }

  @Override
  public void sendMessage(R message) {
    check(headersSent, "sendHeaders has not been called");
    check(!closed, "call is closed");
    if (cancelled) {
      return;
    }
    if (method.getType().serverSendsOneMessage() && messageSent) {
      reset(Status.INTERNAL.withDescription("Too many responses"));
      return;
    }
    messageSent = true;
    try {
      byte[] plain = MessageCodec.serialize(method.streamResponse(message), Integer.MAX_VALUE - 8);
      Compressor used = compressMessages ? compressor : null;
      byte[] wire = used == null ? plain : MessageCodec.compress(plain, used);
      if (!stream.sendMessage(wire, used != null)) {
        reset(noRoom(wire.length));
        return;
      }
      tracers.outboundMessage(wire.length, plain.length);
    } catch (StatusRuntimeException e) {
      reset(e.getStatus());
      return;
    } catch (RuntimeException e) {
      reset(Status.INTERNAL.withCause(e).withDescription("Internal error so cancelling stream."));
      return;
    } catch (Error e) {
      reset(Status.CANCELLED.withDescription("Server sendMessage() failed with Error"));
      throw e;
    }
    if (!method.getType().serverSendsOneMessage()) {
      stream.flush();
    }
  }

  private Status noRoom(int bytes) {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "no room to queue an answer of "
            + bytes
            + " bytes: all buffers together may take "
            + server.budget(method.getFullMethodName()).limitBytes()
            + " bytes; ask for less, or read other answers first");
  }

  @Override
  public void close(Status status, Metadata trailers) {
    check(!closed, "call already closed");
    closed = true;
    closedWith = status;
    if (cancelled) {
      return;
    }
    if (status.isOk() && method.getType().serverSendsOneMessage() && !messageSent) {
      reset(Status.INTERNAL.withDescription("Completed without a response"));
      return;
    }
    stream.sendTrailers(trailers(status, trailers, stream.peerMaxHeaderBytes()));
    stream.flush();
  }

  /** Ends the call if the handler has not; a status of the server's own. */
  void closeUnlessClosed(Status status, Metadata trailers) {
    if (!closed && !cancelled) {
      closed = true;
      closedWith = status;
      stream.sendTrailers(trailers(status, trailers, stream.peerMaxHeaderBytes()));
      stream.flush();
    }
  }

  /**
   * The message that ends a call.
   *
   * @param limit bytes that the peer takes; what does not fit is replaced by RESOURCE_EXHAUSTED
   */
  static CallTrailers trailers(Status status, Metadata metadata, int limit) {
    CallTrailers.Builder message = CallTrailers.newBuilder().setCode(status.getCode().value());
    String description = status.getDescription();
    if (description != null) {
      message.setMessage(description);
    }
    CallTrailers whole = message.addAllMetadata(MetadataCodec.encode(metadata)).build();
    int size = whole.getSerializedSize();
    if (size <= limit) {
      return whole;
    }
    return CallTrailers.newBuilder()
        .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
        .setMessage(
            "the call ended with "
                + status.getCode()
                + " and trailers of "
                + size
                + " bytes, but the peer takes "
                + limit)
        .build();
  }

  private void reset(Status status) {
    closedWith = status;
    stream.cancel(status);
    onReset.accept(status);
  }

  Status closedWith() {
    return closedWith;
  }

  void markCancelled() {
    cancelled = true;
  }

  @Override
  public boolean isReady() {
    return !closed && !cancelled && stream.isReady();
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    compressMessages = enabled;
  }

  @Override
  public void setCompression(String name) {
    check(!headersSent, "sendHeaders has been called");
    if (name.equals("identity")) {
      compressor = null;
      return;
    }
    compressor = CompressorRegistry.getDefaultInstance().lookupCompressor(name);
    compressorName = name;
    if (compressor == null) {
      throw new IllegalArgumentException("Unable to find compressor by name " + name);
    }
  }

  @Override
  public SecurityLevel getSecurityLevel() {
    return LinkAddress.securityLevel();
  }

  @Override
  public Attributes getAttributes() {
    return server.attributes(stream.protocol());
  }

  @Override
  public @Nullable String getAuthority() {
    return authority;
  }

  @Override
  public MethodDescriptor<Q, R> getMethodDescriptor() {
    return method;
  }

  private static void check(boolean legal, String otherwise) {
    if (!legal) {
      throw new IllegalStateException(otherwise);
    }
  }
}
