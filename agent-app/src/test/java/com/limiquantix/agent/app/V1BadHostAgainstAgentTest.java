package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.v1peer.ProtoWriter;
import com.limiquantix.agent.app.v1peer.V1Fields;
import com.limiquantix.agent.app.v1peer.V1Frames;
import com.limiquantix.agent.app.v1peer.V1Host;
import com.limiquantix.agent.app.v1peer.V1Message;
import com.limiquantix.agent.app.v1peer.V1Payload;
import com.limiquantix.agent.app.v1peer.V1Requests;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our agent survives what version 1 hosts have done in the field, and worse. */
@Timeout(60)
final class V1BadHostAgainstAgentTest {
  private static final int MIB = 1 << 20;

  /** Far longer than an agent waits for the rest of a frame. */
  private static final Duration STALL = Duration.ofSeconds(2);

  private final Path directory;
  private final Path socket;
  private final Opened opened = new Opened();
  private final ManualScheduler time = new ManualScheduler();
  private final GuestAgent agent;

  V1BadHostAgainstAgentTest(@TempDir Path directory) {
    this.directory = directory;
    this.socket = directory.resolve("a.sock");
    this.agent =
        GuestAgent.builder(AgentConfig.defaults())
            .listenUnix(socket)
            .scheduler(time)
            .nanoTime(time::nanoTime)
            .build();
  }

  @BeforeEach
  void start() throws IOException {
    opened.add(agent).start();
  }

  @AfterEach
  void end() throws Exception {
    opened.close();
  }

  private V1Host host() throws IOException {
    return opened.add(V1Host.connect(socket));
  }

  private V1Host deafHost() throws IOException {
    return opened.add(V1Host.connectDeaf(socket));
  }

  private static void assertServed(V1Host host) throws InterruptedException {
    V1Message pong = host.ask(V1Payload.PING, V1Requests.ping(7));
    assertThat(pong.payload()).isEqualTo(V1Payload.PING.answer());
    assertThat(pong.body().number(V1Fields.Ping.SEQUENCE)).isEqualTo(7);
  }

  private static byte[] ping(V1Host host, String id) {
    return V1Frames.frame(host.expecting(id, V1Payload.PING.number(), V1Requests.ping(1)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 8, 9, 40})
  void givenAHostThatDiesWithinAFrame_thenTheNextOneIsServed(int bytes) throws Exception {
    V1Host dying = host();
    dying.first();
    dying.sendRaw(Arrays.copyOf(ping(dying, "half-" + "x".repeat(100)), bytes));
    dying.close();

    V1Host next = host();

    assertThat(next.first().is(V1Payload.AGENT_READY)).isTrue();
    assertServed(next);
    assertThat(next.skippedBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 8, 9, 40})
  void givenHalfAFrameOnALinkThatStaysOpen_thenItIsGivenUpWhenNothingFollows(int bytes)
      throws Exception {
    V1Host host = host();
    String half = "half-" + "x".repeat(100);
    host.sendRaw(ping(host, "whole"), Arrays.copyOf(ping(host, half), bytes));
    host.answerTo("whole");

    // The half may still be on its way when the time passes; then more time has to pass.
    String id = "after";
    for (int i = 0; i < 100 && !host.hasAnswerTo(id); i++) {
      time.advance(STALL);
      host.sendRaw(ping(host, id));
      time.advance(STALL);
    }

    assertThat(host.answerTo(id).payload()).isEqualTo(V1Payload.PING.answer());
    assertThat(host.hasAnswerTo(half)).isFalse();
  }

  @Test
  void givenAFrameInSingleBytes_thenItIsUnderstood() throws Exception {
    V1Host host = host();
    host.sendSlowly(ping(host, "slow"));

    assertThat(host.answerTo("slow").payload()).isEqualTo(V1Payload.PING.answer());
  }

  @Test
  void givenGarbageBeforeAndBetweenFrames_thenItIsSkipped() throws Exception {
    V1Host host = host();
    byte[] noise = new byte[100_000];
    new Random(1).nextBytes(noise);
    byte[] almost = {0x51, 0x54, 0x58, 0x51, 0x54, 0x51, 0x51, 0x54, 0x58, 3, 0x51};

    host.sendRaw(noise, ping(host, "first"), almost, ping(host, "second"));

    assertThat(host.answerTo("first").payload()).isEqualTo(V1Payload.PING.answer());
    assertThat(host.answerTo("second").payload()).isEqualTo(V1Payload.PING.answer());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, V1Frames.MAX_LENGTH + 1L, 1_300_000_000L, 1L << 31, (1L << 32) - 1})
  void givenALengthThatNoFrameCanHave_thenTheNextFrameIsFound(long length) throws Exception {
    V1Host host = host();

    host.sendRaw(V1Frames.header(length), new byte[100], ping(host, "next"));

    assertThat(host.answerTo("next").payload()).isEqualTo(V1Payload.PING.answer());
  }

  @Test
  void givenAFrameThatHoldsNoMessage_thenTheNextOneIsServed() throws Exception {
    V1Host host = host();
    byte[] noise = new byte[500];
    Arrays.fill(noise, (byte) 0xff);

    host.sendRaw(V1Frames.frame(noise), V1Frames.frame(new byte[1]), ping(host, "next"));

    assertThat(host.answerTo("next").payload()).isEqualTo(V1Payload.PING.answer());
  }

  @Test
  void givenAnswersAndPushesInsteadOfRequests_thenTheyAreIgnored() throws Exception {
    V1Host host = host();
    for (int payload : List.of(V1Payload.PING.answer(), V1Payload.EXECUTE.answer(), 100, 101)) {
      host.send("a" + payload, payload, V1Requests.empty());
    }
    host.sendRaw(V1Frames.frame(new ProtoWriter().text(1, "without a payload").toBytes()));

    assertServed(host);
  }

  @Test
  void givenTwoRequestsWithOneIdAtOnce_thenBothAreAnswered() throws Exception {
    V1Host host = host();
    for (String word : List.of("one", "two")) {
      host.send("same", V1Payload.EXECUTE.number(), V1Requests.shell("echo " + word));
    }

    assertThat(
            List.of(
                host.answerTo("same").body().text(V1Fields.Executed.STDOUT),
                host.answerTo("same").body().text(V1Fields.Executed.STDOUT)))
        .containsExactlyInAnyOrder("one\n", "two\n");
    assertServed(host);
  }

  private ProtoWriter fileWrite(int bytes) {
    return new ProtoWriter()
        .text(V1Fields.FileWrite.PATH, directory.resolve("written").toString())
        .bytes(V1Fields.FileWrite.DATA, new byte[bytes])
        .yes(V1Fields.FileWrite.EOF);
  }

  @Test
  void givenAFrameThatIsLegalButMoreThanTheAgentTakes_thenItIsAnsweredAsFailedByItsId()
      throws Exception {
    V1Host host = host();
    int smaller = 5 * MIB;
    String id = "big";
    byte[] message = host.expecting(id, V1Payload.FILE_WRITE.number(), fileWrite(smaller));
    int longest = smaller + V1Frames.MAX_LENGTH - message.length;
    for (int data : List.of(smaller, longest)) {
      byte[] frame = host.expecting(id, V1Payload.FILE_WRITE.number(), fileWrite(data));
      host.sendRaw(V1Frames.frame(frame));

      V1Message answer = host.answerTo(id);

      assertThat(answer.payload()).isEqualTo(V1Payload.FILE_WRITE.answer());
      assertThat(answer.body().flag(V1Fields.Verdict.SUCCESS)).isFalse();
      assertThat(answer.body().text(V1Fields.Verdict.error(V1Payload.FILE_WRITE)))
          .startsWith("RESOURCE_EXHAUSTED: ");
      assertServed(host);
    }
    assertThat(directory.resolve("written")).doesNotExist();
  }

  @Test
  void givenATooLargeFrameOfACommandOrOfNothingKnown_thenItIsAnsweredAsFailedByItsId()
      throws Exception {
    V1Host host = host();
    String command =
        host.send(V1Payload.EXECUTE, V1Requests.program("/bin/echo", "x".repeat(5 * MIB)));
    host.send("unknown", 35, new ProtoWriter().bytes(1, new byte[5 * MIB]));

    V1Message answer = host.answerTo(command);

    assertThat(answer.payload()).isEqualTo(V1Payload.EXECUTE.answer());
    assertThat(answer.body().number(V1Fields.Executed.EXIT_CODE)).isEqualTo(-1);
    assertThat(answer.body().text(V1Fields.Executed.ERROR)).startsWith("RESOURCE_EXHAUSTED: ");
    assertThat(host.answerTo("unknown").is(V1Payload.ERROR)).isTrue();
    assertServed(host);
  }

  @Test
  void givenATooLargeFrameThatHoldsFrames_thenNoneOfThemIsTaken() throws Exception {
    V1Host host = host();
    byte[] inner = ping(host, "inner");
    ProtoWriter content =
        new ProtoWriter()
            .text(V1Fields.FileWrite.PATH, directory.resolve("written").toString())
            .bytes(
                V1Fields.FileWrite.DATA,
                V1Frames.join(new byte[5 * MIB], inner, new byte[100], inner));
    String outer = host.send(V1Payload.FILE_WRITE, content);

    host.answerTo(outer);
    assertServed(host);

    assertThat(host.hasAnswerTo("inner")).isFalse();
  }

  @Test
  void givenAHostThatDiesWithinATooLargeFrame_thenTheNextOneIsServed() throws Exception {
    V1Host dying = host();
    byte[] frame =
        V1Frames.frame(dying.expecting("big", V1Payload.FILE_WRITE.number(), fileWrite(5 * MIB)));
    dying.sendRaw(Arrays.copyOf(frame, MIB));
    dying.close();

    assertServed(host());
  }

  @Test
  void givenAHostThatDoesNotRead_thenItIsServedOnceItReads() throws Exception {
    V1Host host = deafHost();
    List<String> commands = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      commands.add(
          host.send(V1Payload.EXECUTE, V1Requests.shell("head -c 100000 /dev/zero | tr '\\0' z")));
    }

    assertServed(host());
    host.startReading();

    for (String id : commands) {
      assertThat(host.answerTo(id).body().text(V1Fields.Executed.STDOUT)).hasSize(100_000);
    }
    assertServed(host);
  }

  @Test
  void givenAHostThatAsksWithoutReading_thenAThousandRequestsAreAnsweredOnceItReads()
      throws Exception {
    int count = 1_000;
    V1Host host = deafHost();
    for (int i = 0; i < count; i++) {
      host.sendRaw(ping(host, "ping-" + i));
    }

    assertServed(host());
    host.startReading();

    for (int i = 0; i < count; i++) {
      assertThat(host.answerTo("ping-" + i).payload()).isEqualTo(V1Payload.PING.answer());
    }
  }

  @Test
  void givenAHostThatAsksForEverWithoutReading_thenItIsServedOnceItReads() throws Exception {
    V1Host host = deafHost();
    for (int i = 0; i < 100_000; i++) {
      host.sendRaw(ping(host, "flood"));
    }

    assertServed(host());
    host.startReading();

    // Until the agent has made room, what it is asked may be dropped.
    int asked = 0;
    do {
      asked++;
      host.sendRaw(ping(host, "again-" + asked));
    } while (!host.isAnsweredWithin("again-" + asked, Duration.ofMillis(200)));
    assertServed(host);
  }

  @Test
  void givenAHostThatDoesNotRead_thenReportsForItAreReplacedByNewerOnes() throws Exception {
    int intervals = 1_000;
    V1Host reading = host();
    V1Host deaf = deafHost();
    assertServed(reading);
    for (int i = 0; i < intervals; i++) {
      V1HostAgainstAgentTest.nextReport(time, reading);
    }
    Instant beforeTheLast = Instant.now();
    V1HostAgainstAgentTest.nextReport(time, reading);

    deaf.startReading();
    assertServed(deaf);

    int came = 1;
    while (deaf.push(V1Payload.TELEMETRY).time().isBefore(beforeTheLast)) {
      came++;
    }
    // What the socket's own buffer holds was sent before it filled up.
    assertThat(came).isLessThan(intervals);
  }
}
