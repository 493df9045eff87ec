package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;

/** An agent service that answers what a test says. */
final class FakeAgent extends AgentServiceGrpc.AgentServiceImplBase {
  private final Function<PingRequest, PongResponse> pong;
  private final GetCapabilitiesResponse capabilities;

  private FakeAgent(
      Function<PingRequest, PongResponse> pong, GetCapabilitiesResponse capabilities) {
    this.pong = pong;
    this.capabilities = capabilities;
  }

  /** The function may throw a {@code StatusRuntimeException}. */
  static FakeAgent ponging(Function<PingRequest, PongResponse> pong) {
    return new FakeAgent(pong, GetCapabilitiesResponse.getDefaultInstance());
  }

  static FakeAgent capableOf(GetCapabilitiesResponse.Builder capabilities) {
    return new FakeAgent(request -> PongResponse.getDefaultInstance(), capabilities.build());
  }

  static PongResponse pong(PingRequest request) {
    return PongResponse.newBuilder()
        .setSequence(request.getSequence())
        .setVersion("1.4.2")
        .setUptimeSeconds(77)
        .build();
  }

  @Override
  public void ping(PingRequest request, StreamObserver<PongResponse> observer) {
    PongResponse answer;
    try {
      answer = pong.apply(request);
    } catch (RuntimeException e) {
      observer.onError(Status.fromThrowable(e).asException());
      return;
    }
    observer.onNext(answer);
    observer.onCompleted();
  }

  @Override
  public void getCapabilities(
      GetCapabilitiesRequest request, StreamObserver<GetCapabilitiesResponse> observer) {
    observer.onNext(capabilities);
    observer.onCompleted();
  }
}
