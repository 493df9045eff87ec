package com.limiquantix.agent.transport;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A service whose every call has a number of its own. It writes down which it carried out and how
 * often, and whatever reached a call that it does not belong to.
 *
 * <p>Each message is the call's number, the message's index within the call, and contents.
 */
final class NumberedService {
  private static final String NAME = "contract.Numbered";

  /** Answers with the same number, index and contents. */
  static final MethodDescriptor<byte[], byte[]> ECHO = method("Echo", MethodType.UNARY);

  /** Takes any number of messages; answers with how many came. */
  static final MethodDescriptor<byte[], byte[]> UPLOAD =
      method("Upload", MethodType.CLIENT_STREAMING);

  /** Sends as many messages as the index of the request says, each with the same contents. */
  static final MethodDescriptor<byte[], byte[]> DOWNLOAD =
      method("Download", MethodType.SERVER_STREAMING);

  /** Never answers. */
  static final MethodDescriptor<byte[], byte[]> WAIT = method("Wait", MethodType.UNARY);

  private static final int PREFIX_BYTES = Long.BYTES + Integer.BYTES;

  private final Map<Long, Integer> carriedOut = new ConcurrentHashMap<>();
  private final List<String> misled = new CopyOnWriteArrayList<>();

  /** A message: which call it is for, its index there, and contents. */
  static byte[] message(long call, int index, byte[] contents) {
    return ByteBuffer.allocate(PREFIX_BYTES + contents.length)
        .putLong(call)
        .putInt(index)
        .put(contents)
        .array();
  }

  static long call(byte[] message) {
    return ByteBuffer.wrap(message).getLong();
  }

  static int index(byte[] message) {
    return ByteBuffer.wrap(message).getInt(Long.BYTES);
  }

  private static byte[] contents(byte[] message) {
    byte[] contents = new byte[message.length - PREFIX_BYTES];
    ByteBuffer.wrap(message, PREFIX_BYTES, contents.length).get(contents);
    return contents;
  }

  /** How often the call of that number was carried out to its end. */
  int timesCarriedOut(long call) {
    return carriedOut.getOrDefault(call, 0);
  }

  /** How often each call was carried out to its end. */
  Map<Long, Integer> carriedOut() {
    return carriedOut;
  }

  /** What reached a call and belongs to another, or twice. */
  List<String> misled() {
    return misled;
  }

  private void carryOut(long call) {
    carriedOut.merge(call, 1, Integer::sum);
  }

  ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder(NAME)
        .addMethod(ECHO, ServerCalls.asyncUnaryCall(this::echo))
        .addMethod(UPLOAD, ServerCalls.asyncClientStreamingCall(Upload::new))
        .addMethod(DOWNLOAD, ServerCalls.asyncServerStreamingCall(this::download))
        .addMethod(WAIT, ServerCalls.asyncUnaryCall((request, answer) -> carryOut(call(request))))
        .build();
  }

  private void echo(byte[] request, StreamObserver<byte[]> answer) {
    carryOut(call(request));
    answer.onNext(request);
    answer.onCompleted();
  }

  private void download(byte[] request, StreamObserver<byte[]> answers) {
    ServerCallStreamObserver<byte[]> answer = (ServerCallStreamObserver<byte[]>) answers;
    int[] sent = {0};
    byte[] contents = contents(request);
    answer.setOnCancelHandler(() -> {});
    answer.setOnReadyHandler(
        () -> {
          while (answer.isReady() && sent[0] < index(request)) {
            answer.onNext(message(call(request), sent[0]++, contents));
            if (sent[0] == index(request)) {
              carryOut(call(request));
              answer.onCompleted();
            }
          }
        });
  }

  private final class Upload implements StreamObserver<byte[]> {
    private final StreamObserver<byte[]> answer;
    private long call;
    private int count;

    Upload(StreamObserver<byte[]> answer) {
      this.answer = answer;
    }

    @Override
    public void onNext(byte[] message) {
      if (count == 0) {
        call = call(message);
      }
      if (call(message) != call || index(message) != count) {
        misled.add(
            "message %d of call %d instead of message %d of call %d"
                .formatted(index(message), call(message), count, call));
      }
      count++;
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {
      carryOut(call);
      answer.onNext(message(call, count, new byte[0]));
      answer.onCompleted();
    }
  }

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(NAME, name))
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
