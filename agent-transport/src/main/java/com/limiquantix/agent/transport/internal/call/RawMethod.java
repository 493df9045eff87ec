package com.limiquantix.agent.transport.internal.call;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Methods whose messages are passed on as they are on the wire, unread. */
public final class RawMethod {
  private RawMethod() {}

  /**
   * The method of that name.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.AgentService/Ping}
   */
  public static MethodDescriptor<byte[], byte[]> of(
      String fullMethodName, MethodDescriptor.MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName(fullMethodName)
        .setRequestMarshaller(Bytes.MARSHALLER)
        .setResponseMarshaller(Bytes.MARSHALLER)
        .build();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    static final Bytes MARSHALLER = new Bytes();

    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw Status.INTERNAL
            .withDescription("a message cannot be read")
            .withCause(e)
            .asRuntimeException();
      }
    }
  }
}
