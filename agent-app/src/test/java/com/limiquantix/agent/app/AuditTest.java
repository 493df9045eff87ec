package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.RetryInfo;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.AgentConfigBuilder;
import com.limiquantix.agent.app.config.FailureMode;
import com.limiquantix.agent.app.config.LoadResult;
import com.limiquantix.agent.app.logging.Mounted;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v2.AuditRecord;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.security.audit.AuditVerifier;
import com.limiquantix.agent.transport.AgentChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Audit and limits of a whole agent, over real links and files. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
final class AuditTest {
  private final Harness host = new Harness();
  private final Path directory;
  private final Path file;

  AuditTest(@TempDir Path directory) {
    this.directory = directory;
    this.file = directory.resolve("audit.log");
  }

  @AfterEach
  void end() {
    host.close();
  }

  private AgentConfigBuilder audited(Path where) {
    return AgentConfig.defaults().toBuilder().auditLogging(true).auditFile(where);
  }

  private static GuestAgent started(AgentConfigBuilder config) throws IOException {
    GuestAgent agent = GuestAgent.builder(config.build()).build();
    agent.start();
    return agent;
  }

  private static void ping(AgentChannel channel) {
    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .ping(PingRequest.newBuilder().setSequence(1).build()))
        .isNotNull();
  }

  private static void execute(AgentChannel channel, String... words) {
    assertThat(
            ExecServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .execute(
                    ExecuteRequest.newBuilder()
                        .setCommand(words[0])
                        .addAllArgs(List.of(words).subList(1, words.length))
                        .setWaitForExit(true)
                        .build())
                .getError())
        .isEmpty();
  }

  private static Iterator<Event> subscribe(AgentChannel channel, EventKind... kinds) {
    return EventServiceGrpc.newBlockingStub(channel)
        .subscribe(SubscribeRequest.newBuilder().addAllKinds(List.of(kinds)).build());
  }

  /** The head that a new subscriber is told, once there is one that is not {@code before}. */
  private static Event ready(AgentChannel channel, long before) {
    Event ready = Event.getDefaultInstance();
    while (ready.getAuditHead().getSequence() <= before) {
      ready = subscribe(channel, EventKind.EVENT_KIND_AGENT_READY).next();
      assertThat(ready.hasAgentReady()).isTrue();
    }
    return ready;
  }

  private static String hash(Event event) {
    return HexFormat.of().formatHex(event.getAuditHead().getSha256().toByteArray());
  }

  private static List<String> lines(Path of) throws IOException {
    return Files.readAllLines(of);
  }

  @Test
  void givenAuditIsOn_thenCallsOfBothKindsAreRecordedAndTheHostIsToldAHeadThatVouchesForThem()
      throws Exception {
    Path socket = directory.resolve("agent.sock");
    Event ready;
    try (GuestAgent agent = GuestAgent.builder(audited(file).build()).listenUnix(socket).build()) {
      agent.start();
      AgentChannel channel = host.unix(socket);
      ping(channel);
      execute(channel, "/bin/true", "--password", "hush");
      ready = ready(channel, 2);
      Event telemetry = subscribe(channel, EventKind.EVENT_KIND_TELEMETRY).next();
      assertThat(telemetry.getAuditHead().getSequence())
          .isGreaterThanOrEqualTo(ready.getAuditHead().getSequence());
    }
    long uid = (int) Files.getAttribute(directory, "unix:uid");
    assertThat(String.join("\n", lines(file)))
        .contains(
            "AgentService/Ping",
            "\"process.command_line\":\"/bin/true --password ***\"",
            "\"source.address\":\"unix uid=" + uid,
            "\"source.user.id\":\"" + uid + "\"",
            "audit-stopped")
        .doesNotContain("hush");
    AuditVerifier.Findings found = AuditVerifier.verify(file, hash(ready));
    assertThat(found.problems()).isEmpty();
    List<String> shorter = lines(file).subList(0, (int) ready.getAuditHead().getSequence() - 1);
    Files.write(file, shorter);
    assertThat(AuditVerifier.verify(file, hash(ready)).problems()).isNotEmpty();
  }

  @Test
  void givenAuditIsOff_thenNoFileIsMadeAndNoHeadIsTold() throws Exception {
    try (GuestAgent agent = started(AgentConfig.defaults().toBuilder().auditFile(file))) {
      AgentChannel channel = host.inProcess(agent);
      ping(channel);
      assertThat(subscribe(channel, EventKind.EVENT_KIND_AGENT_READY).next().hasAuditHead())
          .isFalse();
      assertThatThrownBy(() -> subscribe(channel, EventKind.EVENT_KIND_AUDIT).next())
          .hasMessageContaining("audit.to_host");
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void givenAReload_thenAuditAndLimitsChangeAtOnce() throws Exception {
    AgentConfigBuilder off = AgentConfig.defaults().toBuilder().auditFile(file);
    try (GuestAgent agent = started(off)) {
      AgentChannel channel = host.inProcess(agent);
      ping(channel);
      agent.reload(new LoadResult.Loaded(audited(file).maxCommandsPerMinute(1).build()));
      execute(channel, "/bin/true", "x");
      StatusRuntimeException refusal =
          Objects.requireNonNull(
              catchThrowableOfType(
                  StatusRuntimeException.class, () -> execute(channel, "/bin/true", "y")));
      assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      RetryInfo retry =
          Objects.requireNonNull(StatusProto.fromThrowable(refusal))
              .getDetails(0)
              .unpack(RetryInfo.class);
      assertThat(retry.getRetryDelay().getSeconds()).isBetween(50L, 60L);
      ping(channel);
      agent.reload(new LoadResult.Loaded(off.build()));
      execute(channel, "/bin/true", "z");
    }
    // Some subscription of version 1 may have ended while audit was on.
    List<String> lines =
        lines(file).stream().filter(line -> !line.contains("EventService/Subscribe")).toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.get(1)).contains("/bin/true x", "success");
    assertThat(lines.get(2))
        .contains(
            "\"error.code\":\"RESOURCE_EXHAUSTED\"",
            "\"rule.name\":\"security.max_commands_per_minute: 1 commands per minute\"",
            "denied");
    assertThat(lines.get(4)).contains("audit-stopped");
  }

  @Test
  void givenHostsMaySubscribe_thenTheyGetEveryRecordAsItIsInTheFile() throws Exception {
    try (GuestAgent agent = started(audited(file).auditToHost(true))) {
      AgentChannel channel = host.inProcess(agent);
      Iterator<Event> events =
          subscribe(channel, EventKind.EVENT_KIND_AUDIT, EventKind.EVENT_KIND_AGENT_READY);
      assertThat(events.next().hasAgentReady()).isTrue();
      for (int i = 0; i < 50; i++) {
        ping(channel);
      }
      AuditRecord record = AuditRecord.getDefaultInstance();
      for (int pings = 0; pings < 50; pings += record.getLine().contains("Ping") ? 1 : 0) {
        record = events.next().getAudit();
        long sequence = record.getHead().getSequence();
        assertThat(lines(file).get((int) sequence - 1)).isEqualTo(record.getLine());
      }
      assertThat(
              AuditVerifier.verify(
                      file, HexFormat.of().formatHex(record.getHead().getSha256().toByteArray()))
                  .problems())
          .isEmpty();
    }
  }

  @Test
  void givenADiskThatIsFull_thenCallsGoOnAndTheLossIsInTheChainOnceThereIsRoom() throws Exception {
    try (Mounted disk = Mounted.tmpfs(directory.resolve("disk"), "4m")) {
      Path full = disk.resolve("audit.log");
      try (GuestAgent agent = started(audited(full))) {
        AgentChannel channel = host.inProcess(agent);
        ping(channel);
        ready(channel, 1);
        disk.fill();
        for (int i = 0; i < 6_000; i++) {
          ping(channel);
        }
        disk.free();
        awaitLine(full, "audit-records-lost");
        ping(channel);
      }
      assertThat(AuditVerifier.verify(full, null).problems()).isEmpty();
      assertThat(String.join("\n", lines(full)))
          .containsPattern("\"limiquantix.audit.lost\":\\d+")
          .contains("No space left on device");
    }
  }

  @Test
  void givenADiskThatIsFull_whenCallsMustBeRecorded_thenTheyAreRefusedUntilThereIsRoom()
      throws Exception {
    try (Mounted disk = Mounted.tmpfs(directory.resolve("disk"), "4m")) {
      Path full = disk.resolve("audit.log");
      try (GuestAgent agent = started(audited(full).auditFailure(FailureMode.REFUSE))) {
        AgentChannel channel = host.inProcess(agent);
        execute(channel, "/bin/true", "before");
        ready(channel, 1);
        disk.fill();
        Status.Code code = Status.Code.OK;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (code == Status.Code.OK && System.nanoTime() < end) {
          code = tried(channel);
        }
        assertThat(code).isEqualTo(Status.Code.UNAVAILABLE);
        ping(channel);
        disk.free();
        while (code != Status.Code.OK && System.nanoTime() < end) {
          code = tried(channel);
        }
        assertThat(code).isEqualTo(Status.Code.OK);
      }
      assertThat(AuditVerifier.verify(full, null).problems()).isEmpty();
      assertThat(String.join("\n", lines(full)))
          .contains("\"rule.name\":\"audit.failure: refuse\"");
    }
  }

  private static Status.Code tried(AgentChannel channel) {
    try {
      execute(channel, "/bin/true", "tried");
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  void givenAFrozenFilesystem_thenCallsGoOnAndTheirRecordsAreThereAfterTheThaw() throws Exception {
    try (Mounted disk = Mounted.ext4(directory.resolve("disk"), directory.resolve("image"))) {
      Path frozen = disk.resolve("audit.log");
      try (GuestAgent agent = started(audited(frozen))) {
        AgentChannel channel = host.inProcess(agent);
        ping(channel);
        ready(channel, 1);
        disk.freeze();
        try {
          long begin = System.nanoTime();
          for (int i = 0; i < 500; i++) {
            ping(channel);
          }
          execute(channel, "/bin/true", "frozen");
          assertThat(Duration.ofNanos(System.nanoTime() - begin))
              .isLessThan(Duration.ofSeconds(10));
        } finally {
          disk.thaw();
        }
        awaitLine(frozen, "/bin/true frozen");
      }
      AuditVerifier.Findings found = AuditVerifier.verify(frozen, null);
      assertThat(found.problems()).isEmpty();
      assertThat(String.join("\n", lines(frozen))).doesNotContain("audit-records-lost");
      assertThat(found.records()).isGreaterThan(501);
    }
  }

  private static void awaitLine(Path of, String text) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (System.nanoTime() < end) {
      if (Files.exists(of) && Files.readString(of).contains(text)) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("no '" + text + "' in " + of);
  }

  @Test
  void givenAnAgentThatIsKilledWhileItWrites_whenItStartsAgain_thenTheChainGoesOn()
      throws Exception {
    Path config = directory.resolve("agent.yaml");
    Files.writeString(
        config,
        "device_path: none\nsecurity:\n  audit_logging: true\naudit:\n  max_size_bytes: 65536\n"
            + "  max_files: 100\n  file: "
            + file
            + "\n");
    assertThat(config.toFile().setReadable(true, true)).isTrue();
    for (int run = 0; run < 3; run++) {
      Path socket = directory.resolve("agent" + run + ".sock");
      try (AgentProcess agent =
          new AgentProcess("--config", config.toString(), "--listen", "unix:" + socket)) {
        agent.awaitLine("is ready");
        AgentChannel channel = host.newUnix(socket);
        try {
          for (int i = 0; i < 500; i++) {
            ping(channel);
          }
          var last = AgentServiceGrpc.newFutureStub(channel).ping(PingRequest.getDefaultInstance());
          agent.signal("KILL");
          assertThat(agent.exitCode()).isEqualTo(128 + 9);
          assertThat(last.cancel(true) || last.isDone()).isTrue();
        } finally {
          channel.shutdownNow();
        }
      }
      if (run == 1) {
        // What a kill in the middle of write(2) leaves is rare; here it is for sure.
        Files.writeString(file, "{\"event.sequence\":", java.nio.file.StandardOpenOption.APPEND);
      }
    }
    AuditVerifier.Findings found = AuditVerifier.verify(file, null);
    assertThat(found.problems()).isEmpty();
    assertThat(found.files()).isGreaterThan(3);
    assertThat(found.records()).isGreaterThan(1_000);
    assertThat(found.first()).isEqualTo(1);
    StringBuilder all = new StringBuilder();
    for (int number = found.files() - 1; number >= 1; number--) {
      all.append(Files.readString(file.resolveSibling("audit.log." + number)));
    }
    assertThat(all.append(Files.readString(file)).toString())
        .contains("\"limiquantix.audit.torn_bytes\":18");
  }
}
