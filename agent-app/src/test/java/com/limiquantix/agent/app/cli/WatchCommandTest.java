package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ErrorSeverity;
import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import com.limiquantix.agent.protocol.v1.InterfaceState;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventKind;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/** YAML being a superset, it reads the JSON lines. */
@Timeout(30)
class WatchCommandTest {
  private static final Timestamp TIME =
      Timestamp.newBuilder().setSeconds(1_800_000_000).setNanos(500_000_000).build();
  private static final long MIB = 1 << 20;

  private final FakeEvents events = new FakeEvents();
  private final Cli cli = new Cli(events);

  WatchCommandTest() throws IOException {}

  @AfterEach
  void closeCli() {
    cli.close();
  }

  private static Event.Builder event(long sequence) {
    return Event.newBuilder().setSequence(sequence).setTimestamp(TIME);
  }

  private static Event ready() {
    return event(1)
        .setAgentReady(
            AgentReadyEvent.newBuilder()
                .setVersion("1.4.2")
                .setOsName("Debian GNU/Linux")
                .setOsVersion("12")
                .setKernelVersion("6.1.0")
                .setArchitecture("x86_64")
                .setHostname("web-1")
                .addIpAddresses("10.0.0.5")
                .addCapabilities("core"))
        .build();
  }

  private static Event telemetry() {
    return event(2)
        .setTelemetry(
            TelemetryReport.newBuilder()
                .setCpuUsagePercent(12.34)
                .setMemoryTotalBytes(2048 * MIB)
                .setMemoryUsedBytes(1536 * MIB)
                .setMemoryAvailableBytes(512 * MIB)
                .addDisks(
                    DiskUsage.newBuilder()
                        .setMountPoint("/")
                        .setFilesystem("ext4")
                        .setDevice("/dev/vda1")
                        .setTotalBytes(-1)
                        .setUsagePercent(42.6))
                .addInterfaces(
                    InterfaceInfo.newBuilder()
                        .setName("eth0")
                        .addIpv4Addresses("10.0.0.5")
                        .addIpv6Addresses("fd00::5")
                        .setState(InterfaceState.INTERFACE_STATE_UP)
                        .setMtu(1500))
                .addInterfaces(InterfaceInfo.newBuilder().setName("eth1"))
                .setLoadAvg1(0.5)
                .setProcessCount(-1)
                .setHostname("web-1"))
        .build();
  }

  private static Event error() {
    return event(3)
        .setDropped(4)
        .setError(
            ErrorEvent.newBuilder()
                .setSeverity(ErrorSeverity.ERROR_SEVERITY_CRITICAL)
                .setCode("CONFIG_INVALID")
                .setMessage("line 3 is wrong")
                .putDetails("line", "3"))
        .build();
  }

  private List<Map<String, Object>> json() {
    List<Map<String, Object>> objects = new ArrayList<>();
    cli.out().lines().forEach(line -> objects.add(new Yaml().load(line)));
    return objects;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> member(Map<String, Object> object, String name) {
    return (Map<String, Object>) Objects.requireNonNull(object.get(name));
  }

  @Test
  void anEventIsALine() {
    events.thenOpen(ready(), telemetry(), error());

    assertThat(cli.run("watch", "--count", "3")).as(cli::err).isZero();

    assertThat(cli.out())
        .isEqualTo(
            """
            2027-01-15T08:00:00.500Z agent_ready agent 1.4.2 on web-1, Debian GNU/Linux 12, \
            6.1.0 x86_64, 10.0.0.5
            2027-01-15T08:00:00.500Z telemetry cpu 12.3%, memory 1.5 GiB of 2.0 GiB, disks / 43%, \
            addresses eth0 10.0.0.5 fd00::5
            2027-01-15T08:00:00.500Z error critical CONFIG_INVALID: line 3 is wrong line=3 \
            (dropped before: 4)
            """);
    assertThat(cli.closed).isTrue();
  }

  @Test
  void asJsonAnEventIsAnObjectWithTheNamesOfTheProtocol() {
    events.thenOpen(ready(), telemetry(), error());

    assertThat(cli.run("watch", "--count", "3", "--json")).as(cli::err).isZero();

    List<Map<String, Object>> objects = json();
    assertThat(objects).hasSize(3);
    assertThat(objects.get(0))
        .containsEntry("sequence", 1)
        .containsEntry("dropped", 0)
        .containsEntry("kind", "agent_ready");
    assertThat(cli.out()).startsWith("{\"sequence\":1,\"timestamp\":\"2027-01-15T08:00:00.500Z\",");
    assertThat(member(objects.get(0), "agent_ready"))
        .containsEntry("hostname", "web-1")
        .containsEntry("capabilities", List.of("core"));
    Map<String, Object> report = member(objects.get(1), "telemetry");
    assertThat(report)
        .containsEntry("cpu_usage_percent", 12.34)
        .containsEntry("memory_used_bytes", 1_610_612_736)
        .containsEntry("process_count", 4_294_967_295L)
        .containsEntry("uptime_seconds", 0);
    assertThat(report.get("disks"))
        .asInstanceOf(InstanceOfAssertFactories.list(Map.class))
        .singleElement()
        .satisfies(
            disk ->
                assertThat(disk.get("total_bytes"))
                    .isEqualTo(new BigInteger("18446744073709551615")));
    assertThat(cli.out())
        .contains("\"ipv6_addresses\":[\"fd00::5\"],\"state\":\"up\",\"mtu\":1500");
    assertThat(objects.get(2)).containsEntry("dropped", 4);
    assertThat(member(objects.get(2), "error"))
        .containsEntry("severity", "critical")
        .containsEntry("details", Map.of("line", "3"));
  }

  @Test
  void theAgentIsAskedForWhatIsWanted() throws Exception {
    events.thenOpen(error()).thenOpen(error());

    assertThat(cli.run("watch", "--kinds", "telemetry,error", "--interval", "2.5", "--count", "1"))
        .as(cli::err)
        .isZero();
    assertThat(cli.run("watch", "--count", "1")).isZero();

    assertThat(events.requests.take())
        .isEqualTo(
            SubscribeRequest.newBuilder()
                .addKinds(EventKind.EVENT_KIND_TELEMETRY)
                .addKinds(EventKind.EVENT_KIND_ERROR)
                .setTelemetryInterval(Duration.newBuilder().setSeconds(2).setNanos(500_000_000))
                .build());
    assertThat(events.requests.take()).isEqualTo(SubscribeRequest.getDefaultInstance());
  }

  @Test
  void textOfAGuestCannotReachTheTerminal() {
    ErrorEvent hostile =
        ErrorEvent.newBuilder()
            .setCode("A\u001b[2J")
            .setMessage("b\nc\u202e")
            .putDetails("k\r", "v\u0007")
            .build();
    TelemetryReport figures =
        TelemetryReport.newBuilder()
            .setCpuUsagePercent(Double.NaN)
            .setMemoryTotalBytes(-1)
            .addDisks(
                DiskUsage.newBuilder()
                    .setMountPoint("/\u001b]0;x\u0007")
                    .setUsagePercent(Double.POSITIVE_INFINITY))
            .build();
    Event[] all = {
      Event.newBuilder()
          .setTimestamp(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE))
          .setError(hostile)
          .build(),
      Event.newBuilder().setTelemetry(figures).build()
    };
    events.thenOpen(all).thenOpen(all);

    assertThat(cli.run("watch", "--count", "2")).as(cli::err).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            ? error warning A\\x1b[2J: b\\nc\\u202e k\\r=v\\x07
            1970-01-01T00:00:00.000Z telemetry cpu ?%, memory 0 B of 16.0 EiB, disks /\\x1b]0;x\\x07 ?%
            """);

    cli.stdout.reset();
    assertThat(cli.run("watch", "--count", "2", "--json")).as(cli::err).isZero();
    assertThat(json().get(0)).containsEntry("timestamp", null);
    assertThat(member(json().get(1), "telemetry")).containsEntry("cpu_usage_percent", null);
    assertThat(cli.out()).doesNotContain("\u001b", "\u202e", "\u0007").hasLineCount(2);
  }

  @Test
  void anEventOfALaterVersionIsPassedOver() {
    events.thenOpen(event(1).build(), error());

    assertThat(cli.run("watch", "--count", "1")).isZero();

    assertThat(cli.out()).hasLineCount(1).contains("CONFIG_INVALID");
  }

  @Test
  void noMoreIsAskedForThanIsPrinted() {
    List<Integer> sentAtEachLine = new ArrayList<>();
    cli.results =
        new ByteArrayOutputStream() {
          @Override
          public void flush() {
            sentAtEachLine.add(events.sent());
          }
        };
    events.thenOpen(error(), error(), error());

    assertThat(cli.run("watch", "--count", "3")).isZero();

    assertThat(sentAtEachLine).containsExactly(1, 2, 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void aSignalEndsIt(String name) throws Exception {
    Signal signal = Signal.valueOf(name);
    events.thenOpen();
    CompletableFuture<Integer> run = cli.start("watch");
    events.requests.take();
    cli.signals.raise(signal);

    assertThat(run.get()).isEqualTo(signal == Signal.INT ? 0 : 143);
    assertThat(events.cancelled.take()).isTrue();
    assertThat(cli.err()).isEmpty();
    assertThat(cli.closed).isTrue();
  }

  @Test
  void anAgentThatGoesEndsItAsUnreachable() {
    events
        .thenEnding(Status.UNAVAILABLE.withDescription("the agent is stopping"), error())
        .thenEnding(Status.OK);

    assertThat(cli.run("watch")).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(cli.out()).hasLineCount(1);
    assertThat(cli.err())
        .contains("cannot watch unix:/x.sock: the agent is stopping (UNAVAILABLE)");

    assertThat(cli.run("watch")).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(cli.err()).contains("the agent has ended the subscription");
  }

  @Test
  void followedItIsSubscribedToAgainAndAnOutageIsToldOnce() throws Exception {
    Status gone = Status.UNAVAILABLE.withDescription("gone");
    events.thenEnding(gone, ready()).thenEnding(gone).thenOpen(error());

    CompletableFuture<Integer> run = cli.start("watch", "--follow", "--count", "2");
    cli.timers.runEarliestOf(1);
    cli.timers.runEarliestOf(1);

    assertThat(run.get()).as(cli::err).isZero();
    assertThat(cli.out()).hasLineCount(2);
    assertThat(cli.err()).hasLineCount(1).contains("gone");
    assertThat(events.requests).hasSize(3);
  }

  @Test
  void followedAnAgentThatIsNotThereYetIsWaitedFor() throws Exception {
    GuestConnector there = cli.connector;
    List<Target> asked = new ArrayList<>();
    cli.connector =
        (target, timeout) -> {
          asked.add(target);
          if (asked.size() == 1) {
            throw Status.UNAVAILABLE.withDescription("nobody listens").asException();
          }
          return there.connect(target, timeout);
        };
    events.thenOpen(ready());

    CompletableFuture<Integer> run = cli.start("watch", "--follow", "--count", "1", "--json");
    cli.timers.runEarliestOf(1);

    assertThat(run.get()).as(cli::err).isZero();
    assertThat(cli.err()).startsWith("{\"error\":{\"code\":\"UNAVAILABLE\"").hasLineCount(1);
  }

  @Test
  void aSignalEndsTheWaitForAnAgent() throws Exception {
    cli.connector =
        (target, timeout) -> {
          throw Status.UNAVAILABLE.withDescription("nobody listens").asException();
        };

    CompletableFuture<Integer> run = cli.start("watch", "--follow");
    cli.timers.awaitPending(1);
    cli.signals.raise(Signal.INT);

    assertThat(run.get()).isZero();
  }

  @Test
  void whatTheAgentRefusesIsNotTriedAgain() {
    events.thenEnding(Status.UNIMPLEMENTED.withDescription("no telemetry"));

    assertThat(cli.run("watch", "--follow", "--kinds", "telemetry")).isEqualTo(ExitCode.FAILED);

    assertThat(cli.err()).contains("no telemetry (UNIMPLEMENTED)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--count=0", "--interval=0.5", "--interval=3601", "--kinds=cpu", "--kinds=Error"})
  void whatMakesNoSenseIsUsage(String option) {
    assertThat(cli.run("watch", option)).isEqualTo(ExitCode.FAILED);

    assertThat(cli.err()).hasLineCount(1);
    assertThat(cli.target).isNull();
  }
}
