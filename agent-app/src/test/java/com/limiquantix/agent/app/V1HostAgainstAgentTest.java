package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.app.v1peer.ProtoFields;
import com.limiquantix.agent.app.v1peer.ProtoWriter;
import com.limiquantix.agent.app.v1peer.V1Fields;
import com.limiquantix.agent.app.v1peer.V1Host;
import com.limiquantix.agent.app.v1peer.V1Message;
import com.limiquantix.agent.app.v1peer.V1Payload;
import com.limiquantix.agent.app.v1peer.V1Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a deployed version 1 host gets from our agent. */
@Timeout(60)
final class V1HostAgainstAgentTest {
  private final Path directory;
  private final Path socket;
  private final Opened opened = new Opened();

  V1HostAgainstAgentTest(@TempDir Path directory) {
    this.directory = directory;
    this.socket = directory.resolve("a.sock");
  }

  @AfterEach
  void end() throws Exception {
    opened.close();
  }

  private void start(GuestAgentBuilder settings) throws IOException {
    opened.add(settings.listenUnix(socket).build()).start();
  }

  private V1Host hostOfAgent() throws IOException {
    start(GuestAgent.builder(AgentConfig.defaults()));
    return host();
  }

  private V1Host host() throws IOException {
    return opened.add(V1Host.connect(socket));
  }

  private static ProtoFields execute(V1Host host, ProtoWriter request) throws InterruptedException {
    V1Message answer = host.ask(V1Payload.EXECUTE, request);
    assertThat(answer.payload()).isEqualTo(V1Payload.EXECUTE.answer());
    return answer.body();
  }

  private static String stdout(V1Host host, ProtoWriter request) throws InterruptedException {
    ProtoFields answer = execute(host, request);
    assertThat(answer.text(V1Fields.Executed.ERROR)).isEmpty();
    return answer.text(V1Fields.Executed.STDOUT);
  }

  @Test
  void whenAHostConnects_thenTheFirstThingItHearsIsAgentReadyWithTheGuestsFacts() throws Exception {
    Instant before = Instant.now().minusSeconds(1);
    V1Host host = hostOfAgent();

    V1Message first = host.first();

    assertThat(first.is(V1Payload.AGENT_READY)).isTrue();
    assertThat(first.id()).isNotEmpty();
    assertThat(first.time()).isBetween(before, Instant.now().plusSeconds(1));
    ProtoFields ready = first.body();
    assertThat(ready.text(V1Fields.Ready.OS_NAME)).isNotEmpty();
    assertThat(ready.text(V1Fields.Ready.KERNEL_VERSION))
        .isEqualTo(System.getProperty("os.version"));
    assertThat(ready.text(V1Fields.Ready.ARCHITECTURE)).isNotEmpty();
    assertThat(ready.text(V1Fields.Ready.HOSTNAME))
        .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
    ProtoFields capabilities = host.ask(V1Payload.GET_CAPABILITIES, V1Requests.empty()).body();
    assertThat(ready.text(V1Fields.Ready.VERSION))
        .isNotEmpty()
        .isEqualTo(capabilities.text(V1Fields.Capable.VERSION));
    assertThat(ready.texts(V1Fields.Ready.CAPABILITIES))
        .contains("core", "exec")
        .isEqualTo(capabilities.texts(V1Fields.Capable.CAPABILITIES));
    assertThat(host.skippedBytes()).isZero();
  }

  @Test
  void everyHostThatConnectsHearsAgentReadyOfItsOwn() throws Exception {
    V1Host first = hostOfAgent();
    String id = first.first().id();
    first.close();

    V1Message second = host().first();

    assertThat(second.is(V1Payload.AGENT_READY)).isTrue();
    assertThat(second.id()).isNotEqualTo(id);
  }

  @Test
  void pingIsAnsweredUnderItsIdWithItsSequence() throws Exception {
    V1Host host = hostOfAgent();
    String id = host.send(V1Payload.PING, V1Requests.ping(4_711));

    V1Message pong = host.answerTo(id);

    assertThat(pong.payload()).isEqualTo(V1Payload.PING.answer());
    assertThat(pong.id()).isEqualTo(id);
    assertThat(pong.time()).isAfter(Instant.EPOCH);
    assertThat(pong.body().number(V1Fields.Ping.SEQUENCE)).isEqualTo(4_711);
    assertThat(pong.body().text(V1Fields.Ping.VERSION)).isNotEmpty();
  }

  @Test
  void anIdNeedNotBeAUuid() throws Exception {
    V1Host host = hostOfAgent();
    for (String id : List.of("1", "", "ü".repeat(128))) {
      host.send(id, V1Payload.PING.number(), V1Requests.ping(1));
      assertThat(host.answerTo(id).payload()).isEqualTo(V1Payload.PING.answer());
    }
  }

  @Test
  void aMessageWithAnIdOfMoreThan256BytesIsDropped() throws Exception {
    V1Host host = hostOfAgent();
    String id = "x".repeat(257);
    host.send(id, V1Payload.PING.number(), V1Requests.ping(1));

    host.ask(V1Payload.PING, V1Requests.ping(2));

    assertThat(host.hasAnswerTo(id)).isFalse();
  }

  @Test
  void aCommandWithoutArgumentsIsALineForTheShell() throws Exception {
    V1Host host = hostOfAgent();

    ProtoFields answer = execute(host, V1Requests.shell("echo out; echo err >&2; exit 3"));

    assertThat(answer.text(V1Fields.Executed.STDOUT)).isEqualTo("out\n");
    assertThat(answer.text(V1Fields.Executed.STDERR)).isEqualTo("err\n");
    assertThat(answer.number(V1Fields.Executed.EXIT_CODE)).isEqualTo(3);
    assertThat(answer.text(V1Fields.Executed.ERROR)).isEmpty();
  }

  @Test
  void aCommandWithArgumentsIsRunDirectly() throws Exception {
    V1Host host = hostOfAgent();

    assertThat(stdout(host, V1Requests.program("/bin/echo", "a; echo b", "$HOME")))
        .isEqualTo("a; echo b $HOME\n");
  }

  @Test
  void environmentAndWorkingDirectoryReachTheCommand() throws Exception {
    V1Host host = hostOfAgent();

    String said =
        stdout(
            host,
            V1Requests.shell("echo $GREETING; pwd")
                .entry(V1Fields.Execute.ENVIRONMENT, "GREETING", "grüß dich")
                .text(V1Fields.Execute.WORKING_DIRECTORY, directory.toString()));

    assertThat(said).isEqualTo("grüß dich\n" + directory.toRealPath() + "\n");
  }

  @Test
  void aCommandThatIsNotWaitedForIsAnsweredWhenItHasBeenSpawned() throws Exception {
    V1Host host = hostOfAgent();
    Path fifo = directory.resolve("go");
    stdout(host, V1Requests.program("mkfifo", fifo.toString()));

    ProtoFields answer =
        execute(
            host,
            new ProtoWriter()
                .text(V1Fields.Execute.WORKING_DIRECTORY, directory.toString())
                .text(V1Fields.Execute.COMMAND, "read name <go; echo $$ >new; mv new $name"));

    assertThat(answer.number(V1Fields.Executed.EXIT_CODE)).isZero();
    assertThat(answer.text(V1Fields.Executed.ERROR)).isEmpty();
    assertThat(directory.resolve("done")).doesNotExist();
    host.close();
    Files.writeString(fifo, "done\n");
    Waiting.forFile(directory.resolve("done"));
  }

  @Test
  void aCommandThatIsWaitedForIsEndedWhenItsHostIsGone() throws Exception {
    V1Host host = hostOfAgent();
    Path pid = directory.resolve("pid");
    host.send(
        V1Payload.EXECUTE,
        V1Requests.shell(
            "echo $$ >" + pid + ".new; mv " + pid + ".new " + pid + "; exec sleep 99"));
    ProcessHandle command = Waiting.forProcessNamedIn(pid);

    host.close();

    command.onExit().get();
  }

  @Test
  void aCommandThatCannotBeStartedHasExitCodeMinusOneAndAReason() throws Exception {
    V1Host host = hostOfAgent();

    ProtoFields missing = execute(host, V1Requests.program("/no/such/program", "x"));
    ProtoFields none = execute(host, V1Requests.shell(""));

    assertThat(missing.number(V1Fields.Executed.EXIT_CODE)).isEqualTo(-1);
    assertThat(missing.text(V1Fields.Executed.ERROR))
        .startsWith("NOT_FOUND: ")
        .contains("/no/such/program");
    assertThat(none.number(V1Fields.Executed.EXIT_CODE)).isEqualTo(-1);
    assertThat(none.text(V1Fields.Executed.ERROR)).startsWith("INVALID_ARGUMENT: ");
  }

  @Test
  void aCommandIsEndedWhenItsTimeIsOver() throws Exception {
    V1Host host = hostOfAgent();

    ProtoFields answer =
        execute(
            host,
            V1Requests.shell("echo begun; exec sleep 100")
                .number(V1Fields.Execute.TIMEOUT_SECONDS, 1));

    assertThat(answer.flag(V1Fields.Executed.TIMED_OUT)).isTrue();
    assertThat(answer.text(V1Fields.Executed.STDOUT)).isEqualTo("begun\n");
    assertThat(answer.number(V1Fields.Executed.DURATION_MS)).isGreaterThanOrEqualTo(1_000);
  }

  @Test
  void outputIsCutAtTheLimitAndTheCommandEndsAllTheSame() throws Exception {
    V1Host host = hostOfAgent();

    ProtoFields answer =
        execute(
            host,
            V1Requests.shell("head -c 200000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero >&2")
                .number(V1Fields.Execute.MAX_OUTPUT_BYTES, 1_000));

    assertThat(answer.text(V1Fields.Executed.STDOUT)).isEqualTo("x".repeat(1_000));
    assertThat(answer.text(V1Fields.Executed.STDERR)).hasSize(1_000);
    assertThat(answer.flag(V1Fields.Executed.TRUNCATED)).isTrue();
    assertThat(answer.number(V1Fields.Executed.EXIT_CODE)).isZero();
  }

  @Test
  void outputThatExceedsWhatACallTakesOnVersion2StillFits() throws Exception {
    V1Host host = hostOfAgent();

    ProtoFields answer =
        execute(
            host,
            V1Requests.shell("head -c 4000000 /dev/zero | tr '\\0' y")
                .number(V1Fields.Execute.MAX_OUTPUT_BYTES, 4_000_000));

    assertThat(answer.text(V1Fields.Executed.STDOUT)).hasSize(4_000_000);
  }

  @Test
  void aHundredRequestsAtOnceAreAllAnsweredEachWithItsOwn() throws Exception {
    V1Host host = hostOfAgent();
    List<String> pings = new ArrayList<>();
    List<String> commands = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      commands.add(host.send(V1Payload.EXECUTE, V1Requests.shell("echo " + i)));
      pings.add(host.send(V1Payload.PING, V1Requests.ping(i)));
    }

    for (int i = 0; i < 50; i++) {
      assertThat(host.answerTo(pings.get(i)).body().number(V1Fields.Ping.SEQUENCE)).isEqualTo(i);
      assertThat(host.answerTo(commands.get(i)).body().text(V1Fields.Executed.STDOUT))
          .isEqualTo(i + "\n");
    }
  }

  @Test
  void aHundredCommandsAtOnceAreRunOrRefusedByName() throws Exception {
    V1Host host = hostOfAgent();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ids.add(host.send(V1Payload.EXECUTE, V1Requests.shell("echo " + i)));
    }

    for (int i = 0; i < 100; i++) {
      ProtoFields answer = host.answerTo(ids.get(i)).body();
      if (answer.number(V1Fields.Executed.EXIT_CODE) == 0) {
        assertThat(answer.text(V1Fields.Executed.STDOUT)).isEqualTo(i + "\n");
      } else {
        assertThat(answer.text(V1Fields.Executed.ERROR)).startsWith("RESOURCE_EXHAUSTED: ");
      }
    }
  }

  @Test
  void aQuickRequestOvertakesASlowOne() throws Exception {
    V1Host host = hostOfAgent();
    Path fifo = directory.resolve("go");
    stdout(host, V1Requests.program("mkfifo", fifo.toString()));
    String slow = host.send(V1Payload.EXECUTE, V1Requests.shell("cat " + fifo));

    host.ask(V1Payload.PING, V1Requests.ping(1));

    assertThat(host.hasAnswerTo(slow)).isFalse();
    Files.writeString(fifo, "late");
    assertThat(host.answerTo(slow).body().text(V1Fields.Executed.STDOUT)).isEqualTo("late");
  }

  @Test
  void whatALockedAgentRefusesIsAnOrdinaryAnswerThatSaysWhy() throws Exception {
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, "log_level: info\nmax_exec_timeout_sec: 5\n");
    start(GuestAgent.builder(new ConfigLoader().load(file)));
    V1Host host = host();

    for (V1Payload request :
        List.of(
            V1Payload.FILE_READ,
            V1Payload.FILE_WRITE,
            V1Payload.SHUTDOWN,
            V1Payload.RESET_PASSWORD,
            V1Payload.QUIESCE,
            V1Payload.SYNC_TIME,
            V1Payload.DISPLAY_RESIZE,
            V1Payload.CLIPBOARD_GET,
            V1Payload.KILL_PROCESS,
            V1Payload.LIST_SERVICES,
            V1Payload.LIST_DIRECTORY,
            V1Payload.AGENT_UPDATE)) {
      V1Message answer = host.ask(request, V1Requests.empty());
      assertThat(answer.payload()).as("%s", request).isEqualTo(request.answer());
      assertThat(answer.body().flag(V1Fields.Verdict.SUCCESS)).as("%s", request).isFalse();
      assertThat(answer.body().text(V1Fields.Verdict.error(request)))
          .as("%s", request)
          .startsWith("FAILED_PRECONDITION: ")
          .contains("max_exec_timeout_secs");
    }
    ProtoFields refused = execute(host, V1Requests.shell("echo"));
    assertThat(refused.number(V1Fields.Executed.EXIT_CODE)).isEqualTo(-1);
    assertThat(refused.text(V1Fields.Executed.ERROR)).startsWith("FAILED_PRECONDITION: ");
    assertThat(host.ask(V1Payload.PING, V1Requests.ping(5)).payload())
        .isEqualTo(V1Payload.PING.answer());
    assertThat(host.push(V1Payload.ERROR).body().text(V1Fields.Failure.CODE))
        .isEqualTo("CONFIG_INVALID");
  }

  @Test
  void aMethodThatIsNotServedFailsWithUnimplemented() throws Exception {
    V1Host host = hostOfAgent();
    List<String> served =
        host.ask(V1Payload.GET_CAPABILITIES, V1Requests.empty())
            .body()
            .texts(V1Fields.Capable.CAPABILITIES);

    // Each of them changes nothing and fails also where it is served.
    for (V1Payload request :
        List.of(V1Payload.DISPLAY_RESIZE, V1Payload.CLIPBOARD_GET, V1Payload.FILE_STAT)) {
      V1Message answer = host.ask(request, V1Requests.empty());
      assertThat(answer.payload()).as("%s", request).isEqualTo(request.answer());
      assertThat(answer.body().flag(V1Fields.Verdict.SUCCESS)).as("%s", request).isFalse();
      if (!served.contains(capability(request))) {
        assertThat(answer.body().text(V1Fields.Verdict.error(request)))
            .as("%s", request)
            .startsWith("UNIMPLEMENTED: ");
      }
    }
  }

  private static String capability(V1Payload request) {
    return switch (request) {
      case DISPLAY_RESIZE -> "display";
      case CLIPBOARD_GET -> "clipboard";
      default -> "file";
    };
  }

  @Test
  void aPayloadThatIsNotKnownIsAnsweredByAnErrorUnderItsId() throws Exception {
    V1Host host = hostOfAgent();
    for (int payload : List.of(35, 99, 500)) {
      String id = UUID.randomUUID().toString();
      host.send(id, payload, new ProtoWriter().text(1, "from the future"));

      V1Message answer = host.answerTo(id);

      assertThat(answer.is(V1Payload.ERROR)).as("payload %d", payload).isTrue();
      assertThat(answer.body().text(V1Fields.Failure.CODE)).isEqualTo("UNIMPLEMENTED");
      assertThat(answer.body().text(V1Fields.Failure.MESSAGE)).isNotEmpty();
    }
    assertThat(host.ask(V1Payload.PING, V1Requests.ping(9)).body().number(1)).isEqualTo(9);
  }

  @Test
  void fieldsThatAreNotKnownAreIgnored() throws Exception {
    V1Host host = hostOfAgent();

    assertThat(stdout(host, V1Requests.shell("echo known").text(99, "unknown").number(2_000, 7)))
        .isEqualTo("known\n");
  }

  @Test
  void telemetryBeginsWhenNoHelloHasComeForASecondAndComesEveryIntervalFromThen() throws Exception {
    ManualScheduler time = new ManualScheduler();
    start(
        GuestAgent.builder(AgentConfig.defaults().toBuilder().telemetryIntervalSecs(5).build())
            .scheduler(time)
            .nanoTime(time::nanoTime));
    V1Host host = host();
    host.first();

    time.advance(Duration.ofMillis(999));
    host.ask(V1Payload.PING, V1Requests.ping(1));
    assertThat(host.pushesSoFar(V1Payload.TELEMETRY)).isEmpty();

    time.advance(Duration.ofMillis(1));
    for (int i = 0; i < 4; i++) {
      V1Message report = nextReport(time, host);
      assertThat(report.id()).isNotEmpty();
      assertThat(report.body().number(V1Fields.Telemetry.MEMORY_TOTAL_BYTES)).isPositive();
      assertThat(report.body().text(V1Fields.Telemetry.HOSTNAME)).isNotEmpty();
      host.ask(V1Payload.PING, V1Requests.ping(2));
      assertThat(host.pushesSoFar(V1Payload.TELEMETRY)).isEmpty();
    }
  }

  /** Lets intervals pass until a report comes; it is made by another thread. */
  static V1Message nextReport(ManualScheduler time, V1Host host) throws InterruptedException {
    V1Message report;
    do {
      time.advance(Duration.ofSeconds(5));
      report = host.pushWithin(V1Payload.TELEMETRY, Duration.ofSeconds(1));
    } while (report == null);
    return report;
  }
}
