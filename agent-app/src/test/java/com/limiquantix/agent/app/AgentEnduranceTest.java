package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.transport.AgentChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent that is started by its launcher and used for long. Each count can be raised: {@code
 * -Dendurance.sigterms=1000}, {@code -Dendurance.connections=10000}, {@code
 * -Dendurance.commands=10000}, {@code -Dendurance.output.mib=1024}.
 */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class AgentEnduranceTest {
  private static final int SIGTERMS = Integer.getInteger("endurance.sigterms", 50);
  private static final int CONNECTIONS = Integer.getInteger("endurance.connections", 10_000);
  private static final int COMMANDS = Integer.getInteger("endurance.commands", 3_000);
  private static final int OUTPUT_MIB = Integer.getInteger("endurance.output.mib", 256);

  /** A launcher that has not blocked signals yet is no agent. */
  private static final long FIRST_SIGNAL_MICROS = 5_000;

  /** Well beyond the moment at which the agent is ready. */
  private static final int LAST_SIGNAL_MICROS = 2_000_000;

  private static final long ALLOWED_GROWTH_KIB = 10 * 1024;

  @TempDir private Path directory;
  private Distribution distribution;
  private Path socket;

  @BeforeEach
  void layOut() throws IOException {
    distribution = Distribution.in(directory.resolve("agent"));
    socket = directory.resolve("agent.sock");
  }

  private AgentProcess start() throws Exception {
    AgentProcess agent = new AgentProcess(distribution, "--listen", "unix:" + socket);
    agent.awaitLine("is ready");
    return agent;
  }

  private static void await(long micros) throws InterruptedException {
    // Nothing happens that could be waited for: the moment is what is random.
    assertThat(new CountDownLatch(1).await(micros, TimeUnit.MICROSECONDS)).isFalse();
  }

  private static void ping(AgentChannel channel) {
    AgentServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .ping(PingRequest.getDefaultInstance());
  }

  private static ExecuteResponse shell(AgentChannel channel, String command) {
    return ExecServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .execute(ExecuteRequest.newBuilder().setCommand(command).setWaitForExit(true).build());
  }

  @Test
  void givenSigtermAtAnyMoment_thenItEndsWithZeroWithinTwoSeconds() throws Exception {
    Random random = new Random(20_261_125);
    for (int i = 0; i < SIGTERMS; i++) {
      try (AgentProcess agent = new AgentProcess(distribution, "--listen", "unix:" + socket)) {
        long micros = FIRST_SIGNAL_MICROS + random.nextInt(LAST_SIGNAL_MICROS);
        await(micros);
        agent.signal("TERM");
        assertThat(agent.endsWithin(2_000)).as("%d: SIGTERM after %d µs", i, micros).isTrue();
        assertThat(agent.exitCode()).as("%d: SIGTERM after %d µs", i, micros).isZero();
      }
    }
  }

  @Test
  void givenManyConnections_whenEachCallsAndGoes_thenNothingGrows() throws Exception {
    try (AgentProcess agent = start();
        Harness host = new Harness()) {
      connect(host, 500);
      ProcessFigures before = ProcessFigures.of(agent.pid());
      connect(host, CONNECTIONS);
      ping(host.unix(socket));
      ProcessFigures after = settled(agent, before);

      assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 2);
      assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() + 1);
      assertThat(after.residentKib()).isLessThan(before.residentKib() + ALLOWED_GROWTH_KIB);
    }
  }

  private void connect(Harness host, int times) throws IOException, InterruptedException {
    for (int i = 0; i < times; i++) {
      AgentChannel channel = host.newUnix(socket);
      ping(channel);
      channel.shutdownNow();
      assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void givenManyCommandsAndMuchOutput_thenMemoryComesBackWithinAMinute() throws Exception {
    try (AgentProcess agent = start();
        Harness host = new Harness()) {
      AgentChannel channel = host.unix(socket);
      for (int i = 0; i < 100; i++) {
        shell(channel, "true");
      }
      ProcessFigures before = ProcessFigures.of(agent.pid());
      for (int i = 0; i < COMMANDS; i++) {
        assertThat(shell(channel, "exit 3").getExitCode()).isEqualTo(3);
      }
      for (int i = 0; i < OUTPUT_MIB; i++) {
        ExecuteResponse answer = shell(channel, "head -c 1048576 /dev/zero | tr '\\0' x");
        assertThat(answer.getStdout()).hasSize(1 << 20);
      }
      ProcessFigures after = settled(agent, before);

      assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 2);
      assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() + 1);
      assertThat(after.residentKib()).isLessThan(before.residentKib() + ALLOWED_GROWTH_KIB);
    }
  }

  /** The figures once they are good, or those of a minute later. */
  private static ProcessFigures settled(AgentProcess agent, ProcessFigures before)
      throws Exception {
    ProcessFigures now = ProcessFigures.of(agent.pid());
    for (int second = 0; second < 60; second++) {
      if (now.residentKib() < before.residentKib() + ALLOWED_GROWTH_KIB
          && now.threads() <= before.threads() + 2
          && now.descriptors() <= before.descriptors() + 1) {
        return now;
      }
      await(TimeUnit.SECONDS.toMicros(1));
      now = ProcessFigures.of(agent.pid());
    }
    return now;
  }
}
