package com.limiquantix.agent.transport.grpc;

import com.google.protobuf.ByteString;
import com.limiquantix.agent.transport.grpc.proto.Answer;
import com.limiquantix.agent.transport.grpc.proto.Ask;
import com.limiquantix.agent.transport.grpc.proto.Nothing;
import com.limiquantix.agent.transport.grpc.proto.SemanticsGrpc;
import io.grpc.stub.StreamObserver;

/** The test service as its definition describes it. */
final class SemanticsService extends SemanticsGrpc.SemanticsImplBase {

  static Answer answerOf(int size) {
    return Answer.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }

  @Override
  public void empty(Nothing request, StreamObserver<Nothing> answers) {
    answers.onNext(Nothing.getDefaultInstance());
    answers.onCompleted();
  }

  @Override
  public void unary(Ask request, StreamObserver<Answer> answers) {
    answers.onNext(answerOf(request.getSizes(0)));
    answers.onCompleted();
  }

  @Override
  public StreamObserver<Ask> upload(StreamObserver<Answer> answers) {
    return new Reader(answers) {
      @Override
      public void onCompleted() {
        answers.onNext(Answer.newBuilder().setMessages(messages).setBytes(bytes).build());
        answers.onCompleted();
      }
    };
  }

  @Override
  public void download(Ask request, StreamObserver<Answer> answers) {
    request.getSizesList().forEach(size -> answers.onNext(answerOf(size)));
    answers.onCompleted();
  }

  @Override
  public StreamObserver<Ask> chat(StreamObserver<Answer> answers) {
    return new Reader(answers) {
      @Override
      public void onNext(Ask request) {
        super.onNext(request);
        for (int size : request.getSizesList()) {
          answers.onNext(answerOf(size).toBuilder().setMessages(messages).setBytes(bytes).build());
        }
      }
    };
  }

  private static class Reader implements StreamObserver<Ask> {
    private final StreamObserver<Answer> answers;
    long messages;
    long bytes;

    Reader(StreamObserver<Answer> answers) {
      this.answers = answers;
    }

    @Override
    public void onNext(Ask request) {
      messages++;
      bytes += request.getBody().size();
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {
      answers.onCompleted();
    }
  }
}
