package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.app.config.ConfigReload;
import com.limiquantix.agent.app.v1peer.V1Fields;
import com.limiquantix.agent.app.v1peer.V1Host;
import com.limiquantix.agent.app.v1peer.V1Payload;
import com.limiquantix.agent.app.v1peer.V1Requests;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy in the configuration of a whole agent. */
final class AgentPolicyTest {
  private final Harness host = new Harness();
  private final Path file;

  AgentPolicyTest(@TempDir Path directory) {
    file = directory.resolve("agent.yaml");
  }

  @AfterEach
  void end() {
    host.close();
  }

  private GuestAgent agent(String yaml) throws IOException {
    write(yaml);
    GuestAgent agent = GuestAgent.builder(new ConfigLoader().load(file)).build();
    agent.start();
    return agent;
  }

  private void write(String yaml) throws IOException {
    Files.writeString(file, yaml);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private ConfigReload reload(GuestAgent agent, String yaml) throws IOException {
    write(yaml);
    return agent.reload(new ConfigLoader().load(file));
  }

  private static List<String> capabilities(AgentChannel channel) {
    return AgentServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
        .getCapabilitiesList();
  }

  private static Status exec(AgentChannel channel) {
    StatusRuntimeException refusal =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                ExecServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .execute(
                        ExecuteRequest.newBuilder()
                            .setCommand("/bin/true")
                            .addArgs("x")
                            .setWaitForExit(true)
                            .build()));
    return refusal == null ? Status.OK : refusal.getStatus();
  }

  @Test
  void givenAnOperationThatIsDisabled_thenItIsRefusedAndNotOffered() throws IOException {
    try (GuestAgent agent = agent("security:\n  disabled_operations: [exec]\n")) {
      AgentChannel channel = host.inProcess(agent);

      assertThat(capabilities(channel)).containsExactly("core", "events", "telemetry");
      assertThat(
              EventServiceGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(20, TimeUnit.SECONDS)
                  .subscribe(SubscribeRequest.getDefaultInstance())
                  .next()
                  .getAgentReady()
                  .getCapabilitiesList())
          .containsExactly("core", "events", "telemetry");
      assertThat(exec(channel).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(exec(channel).getDescription())
          .isEqualTo(
              "Execute is refused by the guest's policy (security.disabled_operations: names"
                  + " Execute)");
    }
  }

  @Test
  void givenAReload_thenTheNewPolicyHoldsForTheNextCallAndABrokenOneNever() throws IOException {
    try (GuestAgent agent = agent("security:\n  profile: managed\n")) {
      AgentChannel channel = host.inProcess(agent);
      assertThat(exec(channel).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(capabilities(channel)).doesNotContain("exec");

      for (String broken :
          List.of(
              "security:\n  profle: open\n",
              "security:\n  profile: opn\n",
              "security:\n  profile: [open]\n",
              "security:\n  command_allowlist: [true]\n",
              "security:\n  command_allowlist: /bin/true\n",
              "security:\n  allow_file_read_paths: [relative]\n",
              "security:\n  disabled_operations: [Ping]\n",
              "security:\n  allowed_operations: [everything]\n",
              "security: {}\nsecurity: {}\n",
              "security:\n  - profile\n",
              "\0")) {
        assertThat(reload(agent, broken)).as(broken).isInstanceOf(ConfigReload.Kept.class);
        assertThat(exec(channel).getCode()).as(broken).isEqualTo(Status.Code.PERMISSION_DENIED);
      }

      assertThat(reload(agent, "security:\n  profile: open\n"))
          .isInstanceOf(ConfigReload.Applied.class);
      assertThat(exec(channel).getCode()).isEqualTo(Status.Code.OK);
      assertThat(capabilities(channel)).contains("exec");
    }
  }

  @Test
  void givenAHostOfVersion1_thenTheSamePolicyAnswersIt() throws Exception {
    Path socket = file.resolveSibling("a.sock");
    AgentConfig config =
        AgentConfig.defaults().toBuilder()
            .commandAllowlist(List.of("/bin/echo"))
            .disabledOperations(List.of("telemetry"))
            .build();
    try (GuestAgent agent = GuestAgent.builder(config).listenUnix(socket).build()) {
      agent.start();
      try (V1Host v1 = V1Host.connect(socket)) {
        assertThat(
                v1.ask(V1Payload.EXECUTE, V1Requests.shell("echo a b"))
                    .body()
                    .text(V1Fields.Executed.STDOUT))
            .isEqualTo("a b\n");
        for (String line : List.of("echo a; id", "/bin/sh -c id", "A=b echo a", "id")) {
          assertThat(
                  v1.ask(V1Payload.EXECUTE, V1Requests.shell(line))
                      .body()
                      .text(V1Fields.Executed.ERROR))
              .as(line)
              .contains("is refused by the guest's policy (security.command_allowlist");
        }
        assertThat(
                v1.ask(V1Payload.GET_CAPABILITIES, V1Requests.empty())
                    .body()
                    .texts(V1Fields.Capable.CAPABILITIES))
            .containsExactly("core", "events", "exec");
      }
    }
  }

  @Test
  void givenTheStrictestPolicy_thenTheAgentIsStillThere() throws IOException {
    try (GuestAgent agent =
        agent(
            "security:\n  allowed_operations: [GetHardwareInfo]\n  disabled_operations: [exec]\n")) {
      AgentChannel channel = host.inProcess(agent);

      assertThat(capabilities(channel)).containsExactly("core");
      assertThat(
              AgentServiceGrpc.newBlockingStub(channel)
                  .ping(PingRequest.newBuilder().setSequence(7).build())
                  .getSequence())
          .isEqualTo(7);
    }
  }

  @Test
  void givenProtectionBesideAnOpenDoor_thenEachDoorIsNamed() {
    AgentConfig config =
        AgentConfig.defaults().toBuilder()
            .commandAllowlist(List.of("/usr/bin/uptime", "/usr/bin/env", "/srv/in/tool"))
            .allowFileReadPaths(List.of("/etc/ssl"))
            .denyFileReadPaths(List.of("/etc"))
            .build();

    assertThat(String.join("\n", config.remarks()))
        .contains("FileWrite", "ServiceControl", "AgentUpdate", "/usr/bin/env", "/etc/ssl")
        .doesNotContain("/usr/bin/uptime");
    assertThat(
            config.toBuilder()
                .commandAllowlist(List.of("/usr/bin/uptime", "/usr/bin/env -- -i"))
                .allowFileReadPaths(List.of())
                .allowFileWritePaths(List.of("/srv/in"))
                .disabledOperations(List.of("ServiceControl", "update"))
                .build()
                .remarks())
        .isEmpty();
    assertThat(
            config.toBuilder().allowFileWritePaths(List.of("/srv/in")).build().remarks().toString())
        .contains("/srv/in holds /srv/in/tool");
    assertThat(AgentConfig.defaults().remarks()).isEmpty();
  }
}
