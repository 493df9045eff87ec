package com.limiquantix.agent.security.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.v1.AccountServiceGrpc;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.protocol.v1.ResetPasswordRequest;
import com.limiquantix.agent.protocol.v1.ResetPasswordResponse;
import com.limiquantix.agent.security.CallFacts;
import com.limiquantix.agent.security.ServedCalls;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is recorded of a call, over real stubs. */
@Timeout(30)
final class AuditInterceptorTest {
  private static final AuditSwitch.Mode ALL = new AuditSwitch.Mode(true, false);

  private final BlockingQueue<AuditRecord> written = new LinkedBlockingQueue<>();
  private final Path directory;
  private final AuditSwitch audit;
  private final ServedCalls served;

  AuditInterceptorTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    Path file = directory.resolve("sub").resolve("audit.log");
    audit =
        new AuditSwitch(
            new AuditSettings(file, 1 << 20, 1), Clock.systemUTC(), () -> List.of(written::add));
    served =
        new ServedCalls(
            new AuditInterceptor(audit, Clock.systemUTC(), System::nanoTime),
            new Exec(),
            new AgentServiceGrpc.AgentServiceImplBase() {
              @Override
              public void ping(PingRequest request, StreamObserver<PongResponse> responses) {
                responses.onNext(PongResponse.newBuilder().setVersion("12345").build());
                responses.onCompleted();
              }
            },
            new AccountServiceGrpc.AccountServiceImplBase() {
              @Override
              public void resetPassword(
                  ResetPasswordRequest request, StreamObserver<ResetPasswordResponse> responses) {
                responses.onError(
                    Status.NOT_FOUND.withDescription("hush is no account").asException());
              }
            });
  }

  private static final class Exec extends ExecServiceGrpc.ExecServiceImplBase {
    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> responses) {
      switch (request.getCommand()) {
        case "throws" -> throw new IllegalStateException("hush");
        case "stays" -> {
          return;
        }
        case "refused" -> {
          CallFacts.current().decision(new CallFacts.Decision(false, "security.rule: x"));
          responses.onError(Status.PERMISSION_DENIED.asException());
        }
        default -> {
          CallFacts.current().decision(new CallFacts.Decision(true, "security.rule: y"));
          CallFacts.current().addBytes(77);
          CallFacts.current()
              .subject(new CallFacts.Subject(CallFacts.Kind.COMMAND, "/usr/bin/real"));
          responses.onNext(ExecuteResponse.newBuilder().setExitCode(3).build());
          responses.onCompleted();
        }
      }
    }
  }

  @AfterEach
  void end() {
    served.close();
    audit.close();
  }

  private String record(String text) throws InterruptedException {
    while (true) {
      AuditRecord record = written.poll(20, TimeUnit.SECONDS);
      assertThat(record).as("a record with %s", text).isNotNull();
      if (Objects.requireNonNull(record).line().contains(text)) {
        return record.line();
      }
    }
  }

  private ExecuteResponse execute(String command, String... args) {
    return ExecServiceGrpc.newBlockingStub(served.channel)
        .execute(
            ExecuteRequest.newBuilder()
                .setCommand(command)
                .addAllArgs(List.of(args))
                .setRunAsUser("daemon")
                .putEnvironment("SOME", "hush")
                .build());
  }

  @Test
  void givenACall_thenItsRecordSaysWhoAskedWhatAndWhatCameOfIt() throws Exception {
    audit.on(ALL);
    assertThat(execute("run", "--password", "hush").getExitCode()).isEqualTo(3);

    assertThat(record("ExecService"))
        .contains(
            "\"event.category\":[\"process\"],\"event.type\":[\"start\",\"allowed\"]",
            "\"event.action\":\"limiquantix.agent.v1.ExecService/Execute\"",
            "\"event.outcome\":\"success\"",
            "\"event.duration\":",
            "\"rule.name\":\"security.rule: y\"",
            "\"source.address\":\"unknown\"",
            "\"process.command_line\":\"SOME=*** run --password ***\"",
            "\"process.executable\":\"/usr/bin/real\"",
            "\"user.target.name\":\"daemon\"",
            "\"process.exit_code\":3",
            "\"source.bytes\":",
            "\"destination.bytes\":2",
            "\"limiquantix.content_bytes\":77")
        .doesNotContain("hush", "error.code");
  }

  @Test
  void givenARefusal_thenTheRecordNamesTheRule() throws Exception {
    audit.on(ALL);
    assertThatThrownBy(() -> execute("refused")).hasMessageContaining("PERMISSION_DENIED");
    assertThat(record("ExecService"))
        .contains(
            "\"event.type\":[\"start\",\"denied\"]",
            "\"event.outcome\":\"failure\"",
            "\"error.code\":\"PERMISSION_DENIED\"",
            "\"rule.name\":\"security.rule: x\"");
  }

  @Test
  void givenAFailure_thenItsCodeIsRecordedAndNothingThatItsTextMayRepeat() throws Exception {
    audit.on(ALL);
    assertThatThrownBy(
            () ->
                AccountServiceGrpc.newBlockingStub(served.channel)
                    .resetPassword(
                        ResetPasswordRequest.newBuilder()
                            .setUsername("joe")
                            .setNewPassword("hush")
                            .build()))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(record("AccountService"))
        .contains("\"error.code\":\"NOT_FOUND\"", "\"user.target.name\":\"joe\"")
        .doesNotContain("hush");
  }

  @Test
  void givenAHandlerThatThrows_thenTheCallIsRecorded() throws Exception {
    audit.on(ALL);
    assertThatThrownBy(() -> execute("throws")).isInstanceOf(StatusRuntimeException.class);
    assertThat(record("ExecService")).contains("\"error.code\":\"UNKNOWN\"");
  }

  @Test
  void givenACallThatIsCancelled_thenItIsRecorded() throws Exception {
    audit.on(ALL);
    var call =
        ExecServiceGrpc.newFutureStub(served.channel)
            .execute(ExecuteRequest.newBuilder().setCommand("stays").build());
    assertThat(call.cancel(true)).isTrue();
    assertThat(record("ExecService")).contains("\"error.code\":\"CANCELLED\"", "stays");
  }

  @Test
  void givenSignsOfLifeAreLeftOut_thenOnlyTheRestIsRecorded() throws Exception {
    audit.on(new AuditSwitch.Mode(false, false));
    ping();
    assertThat(execute("run").getExitCode()).isEqualTo(3);
    audit.on(ALL);
    ping();
    assertThat(record("")).contains("audit-started");
    assertThat(record("")).contains("ExecService");
    assertThat(record("")).contains("AgentService/Ping", "\"event.category\":[\"api\"]");
  }

  @Test
  void givenAuditIsTurnedOff_thenTheChainEndsInOrderAndNothingMoreIsRecorded() throws Exception {
    audit.on(ALL);
    ping();
    audit.off();
    ping();
    assertThat(audit.head()).isEmpty();
    audit.on(ALL);
    assertThat(record("")).contains("audit-started");
    assertThat(record("")).contains("Ping");
    assertThat(record("")).contains("audit-stopped");
    assertThat(record("")).contains("audit-started", "\"event.sequence\":4,");
  }

  @Test
  void givenCallsMustBeRecorded_whenTheyCannotBe_thenTheyAreRefusedUntilTheyCan() throws Exception {
    Path obstacle = Files.writeString(directory.resolve("sub"), "where a directory is needed");
    audit.on(new AuditSwitch.Mode(true, true));
    AuditSwitch.Active active = Objects.requireNonNull(audit.active());
    while (active.log().fault() == null) {
      Thread.onSpinWait();
    }
    assertThatThrownBy(() -> execute("run"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE")
        .hasMessageContaining("audit.failure");
    ping();

    Files.delete(obstacle);
    assertThat(record("ExecService"))
        .contains("\"rule.name\":\"audit.failure: refuse\"", "\"error.code\":\"UNAVAILABLE\"");
    assertThat(record("Ping")).contains("success");
    while (active.log().fault() != null) {
      Thread.onSpinWait();
    }
    assertThat(execute("run").getExitCode()).isEqualTo(3);
  }

  private void ping() {
    assertThat(
            AgentServiceGrpc.newBlockingStub(served.channel)
                .ping(PingRequest.newBuilder().setSequence(1).build())
                .getVersion())
        .isEqualTo("12345");
  }
}
