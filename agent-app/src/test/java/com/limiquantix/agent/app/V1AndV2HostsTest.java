package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.app.v1peer.RawLink;
import com.limiquantix.agent.app.v1peer.V1Fields;
import com.limiquantix.agent.app.v1peer.V1Frames;
import com.limiquantix.agent.app.v1peer.V1Host;
import com.limiquantix.agent.app.v1peer.V1Message;
import com.limiquantix.agent.app.v1peer.V1Payload;
import com.limiquantix.agent.app.v1peer.V1Requests;
import com.limiquantix.agent.app.v1peer.V2Frames;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.transport.AgentChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which version our agent believes, on which link and when. */
@Timeout(60)
final class V1AndV2HostsTest {
  private static final long NONCE = 0x0123456789abcdefL;

  private final Path directory;
  private final Path socket;
  private final Opened opened = new Opened();

  V1AndV2HostsTest(@TempDir Path directory) {
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

  private void startWith(String yaml) throws IOException {
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, yaml);
    GuestAgentBuilder settings = GuestAgent.builder(new ConfigLoader().load(file));
    assertThat(settings.problems).isEmpty();
    start(settings);
  }

  private RawLink link() throws IOException {
    return opened.add(RawLink.connect(socket));
  }

  private static byte[] v1Ping() {
    return V1Frames.frame(
        V1Message.bytes("id", Instant.now(), V1Payload.PING.number(), V1Requests.ping(1)));
  }

  private static void ping(AgentChannel channel, long sequence) {
    assertThat(
            AgentServiceGrpc.newBlockingStub(channel)
                .ping(PingRequest.newBuilder().setSequence(sequence).build())
                .getSequence())
        .isEqualTo(sequence);
  }

  private void pingByV1(long sequence) throws Exception {
    try (V1Host host = V1Host.connect(socket)) {
      assertThat(host.first().is(V1Payload.AGENT_READY)).isTrue();
      V1Message pong = host.ask(V1Payload.PING, V1Requests.ping(sequence));
      assertThat(pong.body().number(V1Fields.Ping.SEQUENCE)).isEqualTo(sequence);
    }
  }

  private void pingByV2(long sequence) throws Exception {
    try (Harness harness = new Harness()) {
      AgentChannel channel = harness.unix(socket);
      ping(channel, sequence);
      assertThat(channel.peerSoftware()).startsWith("limiquantix-agent");
    }
  }

  @Test
  void hostsOfBothVersionsTakeTurnsOnOneSocket() throws Exception {
    start(GuestAgent.builder(AgentConfig.defaults()));
    for (int i = 0; i < 3; i++) {
      pingByV1(2L * i);
      pingByV2(2L * i + 1);
    }
  }

  @Test
  void hostsOfBothVersionsAreServedBesideEachOther() throws Exception {
    start(GuestAgent.builder(AgentConfig.defaults()));
    try (V1Host old = V1Host.connect(socket)) {
      old.first();
      pingByV2(1);
      assertThat(old.ask(V1Payload.PING, V1Requests.ping(2)).body().number(1)).isEqualTo(2);
    }
  }

  @Test
  void aHostMayBeginWithVersion1AndGoOnWithVersion2() throws Exception {
    start(GuestAgent.builder(AgentConfig.defaults()));
    RawLink link = link();
    assertThat(link.next().v1Payload()).isEqualTo(V1Payload.AGENT_READY.number());
    link.send(v1Ping());
    assertThat(link.next().v1Payload()).isEqualTo(V1Payload.PING.answer());

    link.send(V2Frames.hello(NONCE));

    RawLink.Seen welcome = link.next();
    assertThat(welcome.type()).isEqualTo(V2Frames.WELCOME);
    assertThat(welcome.payload().fixed(1)).isEqualTo(NONCE);
    link.send(V2Frames.ping(1, welcome.token()));
    assertThat(link.next().type()).isEqualTo(V2Frames.PONG);
  }

  @Test
  void withinASessionOfVersion2NoFrameOfVersion1IsBelievedNorAfterIt() throws Exception {
    start(GuestAgent.builder(AgentConfig.defaults()));
    RawLink link = link();
    assertThat(link.next().version()).isEqualTo(1);
    link.send(V2Frames.hello(NONCE));
    long token = link.next().token();
    link.send(V2Frames.ping(1, token));
    assertThat(link.next().type()).isEqualTo(V2Frames.PONG);

    link.send(v1Ping());
    RawLink.Seen reset = link.next();
    assertThat(reset.type()).isEqualTo(V2Frames.RESET);
    assertThat(reset.token()).isEqualTo(token);

    // Now the agent hunts for a Hello; it takes nothing else.
    link.send(v1Ping(), v1Ping(), V2Frames.hello(NONCE + 1));
    RawLink.Seen welcome = link.next();
    assertThat(welcome.type()).isEqualTo(V2Frames.WELCOME);
    assertThat(welcome.payload().fixed(1)).isEqualTo(NONCE + 1);
    link.send(V2Frames.ping(1, welcome.token()));
    assertThat(link.next().type()).isEqualTo(V2Frames.PONG);
  }

  @Test
  void aProbeByVersion1ThatCrossedTheWelcomeIsPassedOver() throws Exception {
    start(GuestAgent.builder(AgentConfig.defaults()));
    RawLink link = link();
    assertThat(link.next().version()).isEqualTo(1);
    link.send(V2Frames.hello(NONCE));
    long token = link.next().token();

    link.send(v1Ping(), V2Frames.ping(1, token));

    assertThat(link.next().type()).isEqualTo(V2Frames.PONG);
  }

  @Test
  void aHelloThatIsRefusedLeavesVersion1AsItWas() throws Exception {
    start(GuestAgent.builder(AgentConfig.defaults()));
    RawLink link = link();
    assertThat(link.next().version()).isEqualTo(1);

    // No session can begin with a nonce of 0.
    link.send(V2Frames.hello(0));
    assertThat(link.next().type()).isEqualTo(V2Frames.WELCOME);
    link.send(v1Ping());

    RawLink.Seen next = link.next();
    while (next.v1Payload() == V1Payload.AGENT_READY.number()) {
      next = link.next();
    }
    assertThat(next.v1Payload()).isEqualTo(V1Payload.PING.answer());
  }

  @Test
  void noTelemetryOfVersion1FollowsAHello() throws Exception {
    ManualScheduler time = new ManualScheduler();
    start(GuestAgent.builder(AgentConfig.defaults()).scheduler(time).nanoTime(time::nanoTime));
    RawLink link = link();
    assertThat(link.next().v1Payload()).isEqualTo(V1Payload.AGENT_READY.number());
    time.advance(Duration.ofMillis(900));
    link.send(V2Frames.hello(NONCE));
    RawLink.Seen welcome = link.next();

    for (int i = 1; i <= 10; i++) {
      time.advance(Duration.ofSeconds(5));
      link.send(V2Frames.ping(i, welcome.token()));
      assertThat(link.next().type()).isEqualTo(V2Frames.PONG);
    }
  }

  @Test
  void givenVersion2Alone_thenVersion1IsNeitherSpokenNorUnderstood() throws Exception {
    startWith("protocols: [v2]\n");
    RawLink link = link();

    link.send(v1Ping(), V2Frames.hello(NONCE));

    assertThat(link.next().type()).isEqualTo(V2Frames.WELCOME);
    pingByV2(3);
  }

  @Test
  void givenVersion1Alone_thenAHelloIsIgnored() throws Exception {
    startWith("protocols: [v1]\n");
    RawLink link = link();
    assertThat(link.next().v1Payload()).isEqualTo(V1Payload.AGENT_READY.number());

    link.send(V2Frames.hello(NONCE), v1Ping());

    assertThat(link.next().v1Payload()).isEqualTo(V1Payload.PING.answer());
    pingByV1(4);
  }

  @Test
  void givenVersion1Alone_thenOurHostServesItselfByVersion1() throws Exception {
    startWith("protocols: [v1]\n");
    try (Harness harness = new Harness()) {
      ping(harness.unix(socket), 5);
    }
  }

  @Test
  void givenTheProgram_thenAV1HostIsServedAcrossItsRestart() throws Exception {
    for (int i = 0; i < 2; i++) {
      try (AgentProcess agent = new AgentProcess("--listen", "unix:" + socket)) {
        agent.awaitLine("is ready");
        pingByV1(i);
        pingByV2(i);
        agent.signal("TERM");
        assertThat(agent.exitCode()).isZero();
      }
    }
  }

  @Test
  void givenTheProgramWithASmallHeap_thenFramesThatWouldFillItAreSkipped() throws Exception {
    try (AgentProcess agent = new AgentProcess("--listen", "unix:" + socket)) {
      agent.awaitLine("is ready");
      byte[] frame = V1Frames.header(V1Frames.MAX_LENGTH);
      byte[] start =
          V1Message.bytes("big", Instant.now(), V1Payload.FILE_WRITE.number(), V1Requests.empty());
      byte[] rest = new byte[V1Frames.MAX_LENGTH - start.length - 1];
      for (int i = 0; i < 8; i++) {
        // All but their last byte: eight of them would be twice the heap.
        opened.add(V1Host.connect(socket)).sendRaw(frame, start, rest);
      }
      pingByV1(1);
      pingByV2(2);
      assertThat(agent.isAlive()).isTrue();
    }
  }
}
