package com.limiquantix.agent.app.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.app.Harness;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the agent is for, through the virtio-serial port of a real VM. */
@ExtendWith(VmExtension.class)
class PortSessionIT {
  private final Vm vm;
  private final Harness host = new Harness();
  private AgentChannel channel;

  PortSessionIT(Vm vm) {
    this.vm = vm;
  }

  @BeforeEach
  void connect() throws Exception {
    channel = host.unix(vm.agentSocket());
  }

  @AfterEach
  void end() {
    host.close();
  }

  @Test
  void givenSubscriber_thenTheAgentSaysWhatItIsAndReports() {
    Iterator<Event> events =
        EventServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .subscribe(
                SubscribeRequest.newBuilder()
                    .setTelemetryInterval(com.google.protobuf.Duration.newBuilder().setSeconds(1))
                    .build());

    Event ready = events.next();
    assertThat(ready.getAgentReady().getHostname()).isEqualTo("vmtest");
    assertThat(ready.getAgentReady().getOsVersion()).startsWith("12");
    assertThat(ready.getAgentReady().getCapabilitiesList()).contains("core", "exec", "telemetry");
    Event report = events.next();
    assertThat(report.getTelemetry().getMemoryTotalBytes()).isBetween(900L << 20, 1_024L << 20);
    assertThat(report.getTelemetry().getDisksList())
        .extracting(disk -> disk.getMountPoint())
        .contains("/", "/mnt/data")
        .doesNotContain("/proc", "/sys");
  }

  @Test
  void givenCommand_thenItsOutputAndExitCodeComeBack() {
    ExecuteResponse answer = execute("uname -n; echo wrong >&2; exit 7");

    assertThat(answer.getStdout()).isEqualTo("vmtest\n");
    assertThat(answer.getStderr()).isEqualTo("wrong\n");
    assertThat(answer.getExitCode()).isEqualTo(7);
  }

  @Test
  void givenCommandThatRuns_whenTheCallIsCancelled_thenNothingOfItIsLeft() throws Exception {
    ListenableFuture<ExecuteResponse> call =
        ExecServiceGrpc.newFutureStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .execute(command("sleep 4711 & sleep 4711; true"));
    vm.await("the command", Duration.ofSeconds(20), () -> sleepers() == 2);

    call.cancel(true);

    assertThatThrownBy(call::get).isInstanceOf(CancellationException.class);
    vm.await("its end", Duration.ofSeconds(10), () -> sleepers() == 0);
  }

  private long sleepers() {
    try {
      return vm.guest().run("pgrep -fc '^sleep 4711'").output().strip().transform(Long::parseLong);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private ExecuteResponse execute(String command) {
    return ExecServiceGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .execute(command(command));
  }

  private static ExecuteRequest command(String command) {
    return ExecuteRequest.newBuilder().setCommand(command).setWaitForExit(true).build();
  }
}
