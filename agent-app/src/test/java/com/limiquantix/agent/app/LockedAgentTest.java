package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.protocol.health.v1.HealthCheckRequest;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse.ServingStatus;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ErrorSeverity;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent whose configuration has a typo. */
final class LockedAgentTest {
  private final Harness host = new Harness();
  private final Path file;
  private final GuestAgent agent;
  private final AgentChannel channel;

  LockedAgentTest(@TempDir Path directory) throws IOException {
    file = directory.resolve("agent.yaml");
    Files.writeString(file, "log_level: info\nmax_exec_timeout_sec: 5\n");
    agent = GuestAgent.builder(new ConfigLoader().load(file)).build();
    channel = host.inProcess(agent);
  }

  @BeforeEach
  void start() throws IOException {
    agent.start();
  }

  @AfterEach
  void end() {
    host.close();
    agent.close();
  }

  @Test
  void everyMethodIsServedOrRefusedAsTheDesignSays() {
    Map<String, Status.Code> answers = new TreeMap<>();
    for (String method : Capabilities.methods().keySet()) {
      if (!method.endsWith("/Watch") && !method.endsWith("/Subscribe")) {
        answers.put(method, call(method).getCode());
      }
    }

    assertThat(answers.keySet().stream().filter(name -> isCore(name)))
        .allMatch(name -> answers.get(name) == Status.Code.OK);
    assertThat(answers)
        .containsEntry(
            "limiquantix.agent.v1.QuiesceService/ThawFilesystems", Status.Code.UNIMPLEMENTED)
        .containsEntry("limiquantix.agent.v1.ExecService/Execute", Status.Code.FAILED_PRECONDITION);
    answers.keySet().removeIf(name -> isCore(name) || name.endsWith("/ThawFilesystems"));
    assertThat(answers.values())
        .hasSizeGreaterThan(15)
        .containsOnly(Status.Code.FAILED_PRECONDITION);
    assertThat(call("some.other.Service/Method").getCode())
        .isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  private static boolean isCore(String method) {
    return Capabilities.of(method).orElseThrow().equals(Capabilities.CORE);
  }

  @Test
  void aRefusalNamesFileLineAndKey() {
    assertThat(call("limiquantix.agent.v1.ExecService/Execute").getDescription())
        .contains(file + ":2:1: max_exec_timeout_sec: unknown key")
        .contains("max_exec_timeout_secs");
  }

  @Test
  void everySubscriberIsToldTheReason() {
    for (int i = 0; i < 2; i++) {
      Iterator<Event> events =
          EventServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(10, TimeUnit.SECONDS)
              .subscribe(SubscribeRequest.getDefaultInstance());
      assertThat(events.next().getAgentReady().getCapabilitiesList())
          .containsExactly("core", "events");
      Event error = events.next();
      assertThat(error.getError().getSeverity()).isEqualTo(ErrorSeverity.ERROR_SEVERITY_CRITICAL);
      assertThat(error.getError().getCode()).isEqualTo("CONFIG_INVALID");
      assertThat(error.getError().getDetailsMap())
          .containsEntry("file", file.toString())
          .containsEntry("line", "2")
          .containsEntry("key", "max_exec_timeout_sec");
    }
  }

  @Test
  void healthSaysThatTheAgentAsAWholeIsNotServing() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void capabilitiesListOnlyWhatIsServed() {
    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList())
        .containsExactly("core", "events");
  }

  /** Calls a method with an empty message, which every method takes. */
  private Status call(String method) {
    MethodDescriptor<InputStream, InputStream> descriptor =
        MethodDescriptor.<InputStream, InputStream>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    try {
      ClientCalls.blockingUnaryCall(
          channel,
          descriptor,
          CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
          InputStream.nullInputStream());
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return new ByteArrayInputStream(new byte[0]);
    }
  }
}
