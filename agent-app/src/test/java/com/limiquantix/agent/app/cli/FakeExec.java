package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An exec service that answers what it was told to, or never. */
final class FakeExec extends ExecServiceGrpc.ExecServiceImplBase {
  final CompletableFuture<ExecuteRequest> request = new CompletableFuture<>();
  final CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
  volatile @Nullable Deadline deadline;
  private final @Nullable ExecuteResponse response;
  private final @Nullable Status failure;

  private FakeExec(@Nullable ExecuteResponse response, @Nullable Status failure) {
    this.response = response;
    this.failure = failure;
  }

  static FakeExec answering(ExecuteResponse.Builder response) {
    return new FakeExec(response.build(), null);
  }

  static FakeExec succeeding() {
    return answering(ExecuteResponse.newBuilder());
  }

  static FakeExec failing(Status failure) {
    return new FakeExec(null, failure);
  }

  static FakeExec silent() {
    return new FakeExec(null, null);
  }

  @Override
  public void execute(ExecuteRequest asked, StreamObserver<ExecuteResponse> observer) {
    ((ServerCallStreamObserver<ExecuteResponse>) observer)
        .setOnCancelHandler(() -> cancelled.complete(true));
    deadline = Context.current().getDeadline();
    request.complete(asked);
    if (response != null) {
      observer.onNext(response);
      observer.onCompleted();
    } else if (failure != null) {
      observer.onError(failure.asException());
    }
  }
}
