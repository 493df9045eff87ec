package com.limiquantix.agent.app.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.app.Harness;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A guest that goes on elsewhere, or from a moment that has passed: it notices nothing, so the host
 * has to see by what it hears that the session is another one.
 */
class MovedMachineIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long NEW_SESSION_MILLIS = 2_000;

  private static @Nullable Vm booted;

  private final Harness host = new Harness();
  private int pid;

  private static Vm vm() {
    Vm vm = booted;
    if (vm == null) {
      throw new IllegalStateException("not booted");
    }
    return vm;
  }

  @BeforeAll
  static void boot() throws Exception {
    String reason = Vm.whyNot();
    Assumptions.assumeTrue(reason == null, () -> String.valueOf(reason));
    Vm vm = Vm.create();
    booted = vm;
    vm.powerOn();
    vm.awaitBoot();
  }

  @AfterAll
  static void end() throws Exception {
    if (booted != null) {
      booted.close();
    }
  }

  @BeforeEach
  void look() throws Exception {
    GuestService service = new GuestService(vm().guest());
    vm().await("the agent's service", PATIENCE, service::isActive);
    pid = service.pid();
  }

  @AfterEach
  void close() {
    host.close();
  }

  private AgentChannel connected() throws IOException {
    AgentChannel channel = host.unix(vm().agentSocket());
    ping(channel, PATIENCE.toMillis());
    return channel;
  }

  private static void ping(AgentChannel channel, long withinMillis) {
    AgentServiceGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(withinMillis, TimeUnit.MILLISECONDS)
        .ping(PingRequest.getDefaultInstance());
  }

  /** A call of the old session may fail yet; one of the new one has to be answered in time. */
  private void assertServedBySameProcess(AgentChannel channel) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(NEW_SESSION_MILLIS);
    boolean answered = false;
    while (!answered) {
      try {
        ping(channel, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
        answered = true;
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
    assertThat(new GuestService(vm().guest()).pid()).as("the agent's process").isEqualTo(pid);
  }

  private static String status(Qmp qmp, String command) {
    try {
      return String.valueOf(Json.object(qmp.execute(command, Map.of())).get("status"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void givenCallUnderWay_whenTheMachineGoesOnInANewProcess_thenItFails_andTheChannelIsServed()
      throws Exception {
    AgentChannel channel = connected();
    ListenableFuture<ExecuteResponse> call =
        ExecServiceGrpc.newFutureStub(channel)
            .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .execute(
                ExecuteRequest.newBuilder().setCommand("sleep 55").setWaitForExit(true).build());
    vm().await("the command", PATIENCE, () -> sleepers() == 1);
    Path state = vm().directory().resolve("state");
    try (Qmp qmp = vm().monitor()) {
      qmp.execute("migrate", Map.of("uri", "exec:cat > " + state));
      vm().await("the migration", PATIENCE, () -> status(qmp, "query-migrate").equals("completed"));
    }
    vm().powerOff();

    vm().powerOn("-incoming", "exec:cat " + state);

    vm().await("the machine", PATIENCE, MovedMachineIT::isRunning);
    assertServedBySameProcess(channel);
    assertThatThrownBy(() -> call.get(1, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
    vm().await("the command's end", PATIENCE, () -> sleepers() == 0);
  }

  private static boolean isRunning() {
    try (Qmp qmp = vm().monitor()) {
      return qmp.status().equals("running");
    } catch (IOException e) {
      return false;
    }
  }

  private static long sleepers() {
    try {
      return Long.parseLong(vm().guest().run("pgrep -fc '^sleep 55'").output().strip());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void givenSnapshotWithinASession_whenItIsRestored_thenTheHostBeginsAnother() throws Exception {
    AgentChannel channel = connected();
    Iterator<Event> events = subscribe(channel);
    events.next();
    try (Qmp qmp = vm().monitor()) {
      assertThat(qmp.human("savevm within")).isEmpty();
      for (int i = 0; i < 20; i++) {
        ping(channel, PATIENCE.toMillis());
      }
      assertThat(qmp.human("loadvm within")).isEmpty();
      assertServedBySameProcess(channel);
      assertThatThrownBy(() -> drain(events)).hasMessageContaining("UNAVAILABLE");
    }
  }

  private static Iterator<Event> subscribe(AgentChannel channel) {
    return EventServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .subscribe(
            SubscribeRequest.newBuilder()
                .setTelemetryInterval(com.google.protobuf.Duration.newBuilder().setSeconds(1))
                .build());
  }

  private static void drain(Iterator<Event> events) {
    while (events.hasNext()) {
      events.next();
    }
  }

  @Test
  void givenHostThatOnlyListens_whenASnapshotIsRestored_thenItHearsOfTheEndByItself()
      throws Exception {
    AgentChannel channel = connected();
    Iterator<Event> events = subscribe(channel);
    events.next();
    long restored;
    try (Qmp qmp = vm().monitor()) {
      assertThat(qmp.human("savevm quiet")).isEmpty();
      events.next();
      events.next();
      assertThat(qmp.human("loadvm quiet")).isEmpty();
      restored = System.nanoTime();
    }

    assertThatThrownBy(() -> drain(events)).hasMessageContaining("UNAVAILABLE");
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - restored);
    System.out.println("a host that listens noticed the restored snapshot after " + millis + " ms");

    assertThat(millis).isLessThan(NEW_SESSION_MILLIS);
    assertServedBySameProcess(channel);
  }

  @Test
  void givenSnapshotFromBeforeAnyHost_whenItIsRestored_thenTheHostBeginsASession()
      throws Exception {
    try (Qmp qmp = vm().monitor()) {
      assertThat(qmp.human("savevm before")).isEmpty();
      AgentChannel channel = connected();

      assertThat(qmp.human("loadvm before")).isEmpty();

      assertServedBySameProcess(channel);
    }
  }
}
