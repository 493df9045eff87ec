package com.limiquantix.agent.app.vm;

import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** A service that moves bytes and nothing else, to measure what a channel carries. */
final class Bulk {
  /** Bytes of a message; one frame, and what a raw loop moves at once. */
  static final int CHUNK = 60 * 1024;

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readNBytes(stream.available());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** Takes a number of messages, eight bytes, and sends as many. */
  static final MethodDescriptor<byte[], byte[]> DOWNLOAD =
      method("Download", MethodDescriptor.MethodType.SERVER_STREAMING);

  /** Answers with how many messages came, eight bytes. */
  static final MethodDescriptor<byte[], byte[]> UPLOAD =
      method("Upload", MethodDescriptor.MethodType.CLIENT_STREAMING);

  private Bulk() {}

  private static MethodDescriptor<byte[], byte[]> method(
      String name, MethodDescriptor.MethodType type) {
    return MethodDescriptor.newBuilder(BYTES, BYTES)
        .setFullMethodName(MethodDescriptor.generateFullMethodName("test.Bulk", name))
        .setType(type)
        .build();
  }

  static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  static long number(byte[] message) {
    return ByteBuffer.wrap(message).getLong();
  }

  static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("test.Bulk")
        .addMethod(DOWNLOAD, ServerCalls.asyncServerStreamingCall(Bulk::download))
        .addMethod(UPLOAD, ServerCalls.asyncClientStreamingCall(Bulk::upload))
        .build();
  }

  private static void download(byte[] request, StreamObserver<byte[]> answers) {
    ServerCallStreamObserver<byte[]> call = (ServerCallStreamObserver<byte[]>) answers;
    long count = number(request);
    byte[] chunk = new byte[CHUNK];
    call.setOnReadyHandler(
        new Runnable() {
          private long sent;

          @Override
          public void run() {
            while (call.isReady() && sent < count) {
              call.onNext(chunk);
              if (++sent == count) {
                call.onCompleted();
              }
            }
          }
        });
  }

  private static StreamObserver<byte[]> upload(StreamObserver<byte[]> answer) {
    return new StreamObserver<>() {
      private long count;

      @Override
      public void onNext(byte[] message) {
        count++;
      }

      @Override
      public void onError(Throwable cancelled) {}

      @Override
      public void onCompleted() {
        answer.onNext(number(count));
        answer.onCompleted();
      }
    };
  }
}
