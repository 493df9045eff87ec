package com.limiquantix.agent.handlers.core;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Ping and GetCapabilities. Neither blocks nor touches the guest, so the thread that reads the
 * channel may run them.
 */
public final class AgentHandler extends AgentServiceGrpc.AgentServiceImplBase {
  private final String version;
  private final GetCapabilitiesResponse facts;
  private final Supplier<? extends Set<String>> capabilities;
  private final LongSupplier nanoTime;
  private final long startNanos;

  /**
   * @param os kind of operating system, in lower case: {@code linux} or {@code windows}
   * @param architecture the machine's, as the system names it, such as {@code x86_64}
   * @param capabilities names of the groups of operations that are served, asked at every call;
   *     must not block
   * @param features finer facts by name
   * @param nanoTime as {@link System#nanoTime}
   * @param startNanos when the agent started, by that clock
   */
  public AgentHandler(
      BuildInfo build,
      String os,
      String architecture,
      Supplier<? extends Set<String>> capabilities,
      Map<String, String> features,
      LongSupplier nanoTime,
      long startNanos) {
    this.version = build.version();
    this.nanoTime = nanoTime;
    this.startNanos = startNanos;
    this.capabilities = capabilities;
    this.facts =
        GetCapabilitiesResponse.newBuilder()
            .setVersion(version)
            .setOs(os)
            .setArchitecture(architecture)
            .putAllFeatures(features)
            .setBuildTime(build.time())
            .setBuildCommit(build.commit())
            .build();
  }

  @Override
  public void ping(PingRequest request, StreamObserver<PongResponse> responses) {
    responses.onNext(
        PongResponse.newBuilder()
            .setSequence(request.getSequence())
            .setVersion(version)
            .setUptimeSeconds(TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong() - startNanos))
            .build());
    responses.onCompleted();
  }

  @Override
  public void getCapabilities(
      GetCapabilitiesRequest request, StreamObserver<GetCapabilitiesResponse> responses) {
    responses.onNext(
        facts.toBuilder().addAllCapabilities(new TreeSet<>(capabilities.get())).build());
    responses.onCompleted();
  }
}
