package com.limiquantix.agent.security.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.FileReadRequest;
import com.limiquantix.agent.protocol.v1.FileReadResponse;
import com.limiquantix.agent.protocol.v1.FileServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.protocol.v1.QuiesceServiceGrpc;
import com.limiquantix.agent.protocol.v1.ThawFilesystemsRequest;
import com.limiquantix.agent.protocol.v1.ThawFilesystemsResponse;
import com.limiquantix.agent.security.ServedCalls;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits as hosts meet them, over real stubs; the clock is the test's. */
@Timeout(20)
final class LimitInterceptorTest {
  private static final LimitSettings OPEN = new LimitSettings(0, 0, 0, 0, 100, 100, 100, 0);

  private final List<StreamObserver<ExecuteResponse>> running = new ArrayList<>();
  private LimitSettings limits = OPEN;
  private long now = TimeUnit.DAYS.toNanos(1);
  private final ServedCalls served;

  LimitInterceptorTest() throws IOException {
    served =
        new ServedCalls(
            new LimitInterceptor(() -> limits, () -> now),
            new ExecServiceGrpc.ExecServiceImplBase() {
              @Override
              public void execute(
                  ExecuteRequest request, StreamObserver<ExecuteResponse> responses) {
                if (request.getWaitForExit()) {
                  running.add(responses);
                } else {
                  responses.onNext(ExecuteResponse.getDefaultInstance());
                  responses.onCompleted();
                }
              }
            },
            new FileServiceGrpc.FileServiceImplBase() {
              @Override
              public void fileRead(
                  FileReadRequest request, StreamObserver<FileReadResponse> responses) {
                responses.onNext(
                    FileReadResponse.newBuilder()
                        .setData(ByteString.copyFrom(new byte[request.getChunkSize()]))
                        .build());
                responses.onCompleted();
              }
            },
            new AgentServiceGrpc.AgentServiceImplBase() {
              @Override
              public void ping(PingRequest request, StreamObserver<PongResponse> responses) {
                responses.onNext(PongResponse.getDefaultInstance());
                responses.onCompleted();
              }
            },
            new QuiesceServiceGrpc.QuiesceServiceImplBase() {
              @Override
              public void thawFilesystems(
                  ThawFilesystemsRequest request,
                  StreamObserver<ThawFilesystemsResponse> responses) {
                responses.onNext(ThawFilesystemsResponse.getDefaultInstance());
                responses.onCompleted();
              }
            });
  }

  @AfterEach
  void end() {
    served.close();
  }

  private void execute() {
    ExecuteResponse unused =
        ExecServiceGrpc.newBlockingStub(served.channel)
            .execute(ExecuteRequest.getDefaultInstance());
  }

  private int read(int bytes) {
    return FileServiceGrpc.newBlockingStub(served.channel)
        .fileRead(FileReadRequest.newBuilder().setChunkSize(bytes).build())
        .getData()
        .size();
  }

  private static StatusRuntimeException refusal(Runnable call) {
    StatusRuntimeException refusal =
        Objects.requireNonNull(catchThrowableOfType(StatusRuntimeException.class, call::run));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    return refusal;
  }

  private static long retryNanos(StatusRuntimeException refusal) throws IOException {
    com.google.rpc.Status details =
        Objects.requireNonNull(StatusProto.fromThrowable(refusal), "status details");
    RetryInfo retry = details.getDetails(0).unpack(RetryInfo.class);
    return TimeUnit.SECONDS.toNanos(retry.getRetryDelay().getSeconds())
        + retry.getRetryDelay().getNanos();
  }

  @Test
  void givenCommandsAtTheirLimit_thenOneMoreIsToldHowLongToWaitAndPassesThen() throws Exception {
    limits = new LimitSettings(8, 0, 0, 0, 100, 100, 100, 0);
    for (int i = 0; i < 8; i++) {
      execute();
    }
    StatusRuntimeException refusal = refusal(this::execute);

    assertThat(refusal.getStatus().getDescription())
        .isEqualTo(
            "more than 8 commands per minute are not allowed (security.max_commands_per_minute);"
                + " try again in 7.5 s");
    assertThat(retryNanos(refusal)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(7_500));
    now += retryNanos(refusal) - 1;
    refusal(this::execute);
    now++;
    execute();
    assertThat(read(1)).isEqualTo(1);
  }

  @Test
  void givenFileOperationsAtTheirLimit_thenTheyWaitAndCommandsDoNot() throws Exception {
    limits = new LimitSettings(0, 0, 0, 4, 100, 100, 100, 0);
    for (int i = 0; i < 4; i++) {
      assertThat(read(1)).isEqualTo(1);
    }
    StatusRuntimeException refusal = refusal(() -> read(1));
    assertThat(refusal.getStatus().getDescription()).contains("limits.total_file_ops_per_second");
    assertThat(retryNanos(refusal)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(250));
    execute();
  }

  @Test
  void givenCommandsThatRun_thenOneMoreIsRefusedUntilOneHasEndedOrWasCancelled() throws Exception {
    limits = new LimitSettings(0, 0, 0, 0, 100, 2, 100, 0);
    ExecuteRequest waits = ExecuteRequest.newBuilder().setWaitForExit(true).build();
    ExecServiceGrpc.ExecServiceFutureStub stub = ExecServiceGrpc.newFutureStub(served.channel);
    var first = stub.execute(waits);
    var second = stub.execute(waits);

    StatusRuntimeException refusal = refusal(this::execute);
    assertThat(refusal.getStatus().getDescription()).contains("limits.max_concurrent_commands");
    assertThat(retryNanos(refusal)).isPositive();

    running.get(0).onNext(ExecuteResponse.getDefaultInstance());
    running.get(0).onCompleted();
    assertThat(first.get()).isNotNull();
    execute();
    assertThat(second.cancel(true)).isTrue();
    execute();
  }

  @Test
  void givenALimitOfBytes_thenACallBeyondItEndsAndOneBelowDoesNot() {
    limits = new LimitSettings(0, 0, 0, 0, 100, 100, 100, 100_000);
    assertThat(read(90_000)).isEqualTo(90_000);
    StatusRuntimeException refusal = refusal(() -> read(100_000));
    assertThat(refusal.getStatus().getDescription()).contains("limits.max_bytes_per_call");
    assertThat(read(1)).isEqualTo(1);
  }

  @Test
  void givenAllLimitsAreReached_thenPingAndThawPass() {
    limits = new LimitSettings(1, 1, 1, 1, 1, 1, 1, 0);
    var stuck =
        ExecServiceGrpc.newFutureStub(served.channel)
            .execute(ExecuteRequest.newBuilder().setWaitForExit(true).build());
    refusal(this::execute);
    for (int i = 0; i < 100; i++) {
      assertThat(
              AgentServiceGrpc.newBlockingStub(served.channel)
                  .ping(PingRequest.newBuilder().setSequence(i).build()))
          .isNotNull();
    }
    assertThat(
            QuiesceServiceGrpc.newBlockingStub(served.channel)
                .thawFilesystems(ThawFilesystemsRequest.getDefaultInstance()))
        .isNotNull();
    assertThat(stuck.isDone()).isFalse();
    assertThat(stuck.cancel(true)).isTrue();
  }
}
