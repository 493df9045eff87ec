package com.limiquantix.agent.app.vm;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.Harness;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The agent as a service of systemd. */
@ExtendWith(VmExtension.class)
class ServiceIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Vm vm;
  private final GuestService service;
  private final Harness host = new Harness();

  ServiceIT(Vm vm) {
    this.vm = vm;
    this.service = new GuestService(vm.guest());
  }

  @BeforeEach
  void awaitService() throws Exception {
    vm.await("the agent's service", PATIENCE, service::isActive);
  }

  @AfterEach
  void end() {
    host.close();
  }

  private Future<ExecuteResponse> execute(AgentChannel channel, String command) {
    return ExecServiceGrpc.newFutureStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .execute(ExecuteRequest.newBuilder().setCommand(command).setWaitForExit(true).build());
  }

  @Test
  void givenCommandThatRestartsTheService_thenItRunsToItsEndAndMayGoOnWriting() throws Exception {
    int pid = service.pid();
    AgentChannel channel = host.unix(vm.agentSocket());
    // As an upgrade of the agent's own package does, which writes before and after.
    Future<ExecuteResponse> call =
        execute(
            channel,
            "rm -f /var/tmp/command-ended; echo begins; systemctl restart limiquantix-agent;"
                + " head -c 300000 /dev/zero; sleep 1; echo ends && echo done > /var/tmp/command-ended");

    vm.await("the command's end", PATIENCE, () -> exists("/var/tmp/command-ended"));

    assertThat(service.pid()).isNotEqualTo(pid);
    assertThat(service.state()).isEqualTo("active");
    assertThat(service.restarts()).as("restarts by systemd itself").isZero();
    try {
      throw new AssertionError("the call ended with " + call.get(5, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void givenCommandThatTakesLong_thenItRunsInAScopeOutsideTheService() throws Exception {
    AgentChannel channel = host.unix(vm.agentSocket());
    Future<ExecuteResponse> call = execute(channel, "sleep 3; cat /proc/self/cgroup");

    assertThat(call.get(60, TimeUnit.SECONDS).getStdout())
        .contains("limiquantix-command-")
        .doesNotContain("limiquantix-agent.service");
  }

  private boolean exists(String path) {
    try {
      return vm.guest().run("test -e " + path).exitCode() == 0;
    } catch (Exception e) {
      return false;
    }
  }
}
