package com.limiquantix.agent.handlers.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgentHandlerTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void open() throws IOException {
    AgentHandler handler =
        new AgentHandler(
            new BuildInfo("1.2.3", "2026-11-24T00:00:00Z", "abc"),
            "linux",
            "x86_64",
            () -> Set.of("exec", "agent"),
            Map.of("max_timeout", "300"),
            now::get,
            now.get());
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name).directExecutor().addService(handler).build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void given_a_ping_then_its_number_the_version_and_whole_seconds_come_back() {
    // The clock may wrap: only differences mean something.
    now.addAndGet(2_900_000_000L);
    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .ping(PingRequest.newBuilder().setSequence(-1).build()))
        .isEqualTo(
            PongResponse.newBuilder()
                .setSequence(-1)
                .setVersion("1.2.3")
                .setUptimeSeconds(2)
                .build());
  }

  @Test
  void given_capabilities_then_they_are_sorted() {
    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance()))
        .isEqualTo(
            GetCapabilitiesResponse.newBuilder()
                .setVersion("1.2.3")
                .setOs("linux")
                .setArchitecture("x86_64")
                .addCapabilities("agent")
                .addCapabilities("exec")
                .putFeatures("max_timeout", "300")
                .setBuildTime("2026-11-24T00:00:00Z")
                .setBuildCommit("abc")
                .build());
  }
}
