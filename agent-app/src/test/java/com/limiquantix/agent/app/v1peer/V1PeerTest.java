package com.limiquantix.agent.app.v1peer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The deployed host and the deployed agent of the tests, against each other. */
@Timeout(60)
final class V1PeerTest {
  private final Path socket;

  V1PeerTest(@TempDir Path directory) {
    socket = directory.resolve("a.sock");
  }

  @Test
  void theAgentSaysThatItIsReadyAndAnswersUnderTheIdOfTheRequest() throws Exception {
    try (V1Agent agent = V1Agent.listen(socket);
        V1Host host = V1Host.connect(socket)) {
      assertThat(host.first().is(V1Payload.AGENT_READY)).isTrue();
      V1Message pong = host.ask(V1Payload.PING, new ProtoWriter().number(1, 7));
      assertThat(pong.payload()).isEqualTo(V1Payload.PING.answer());
      assertThat(pong.body().number(V1Fields.Ping.SEQUENCE)).isEqualTo(7);
      agent.push(V1Payload.TELEMETRY, CannedAnswers.telemetry(1.5));
      assertThat(host.push(V1Payload.TELEMETRY).body().real(1)).isEqualTo(1.5);
    }
  }

  @Test
  void bothSpeakOverAnyPairOfStreams() throws Exception {
    PipedOutputStream toAgent = new PipedOutputStream();
    PipedOutputStream toHost = new PipedOutputStream();
    try (V1Agent agent = V1Agent.listen(socket);
        V1Host host = V1Host.over(new PipedInputStream(toHost), toAgent, toAgent)) {
      agent.serve(new PipedInputStream(toAgent), toHost, toHost);
      assertThat(host.first().is(V1Payload.AGENT_READY)).isTrue();
      assertThat(host.ask(V1Payload.PING, V1Requests.ping(8)).body().number(1)).isEqualTo(8);
    }
  }

  @Test
  void aFileIsReadInChunks() throws Exception {
    try (V1Agent agent = V1Agent.listen(socket);
        V1Host host = V1Host.connect(socket)) {
      StringBuilder content = new StringBuilder();
      boolean end = false;
      while (!end) {
        ProtoFields chunk =
            host.ask(
                    V1Payload.FILE_READ,
                    new ProtoWriter()
                        .text(V1Fields.FileRead.PATH, CannedAnswers.FILE)
                        .number(V1Fields.FileRead.OFFSET, content.length())
                        .number(V1Fields.FileRead.CHUNK_SIZE, 10))
                .body();
        content.append(new String(chunk.bytes(V1Fields.FileContent.DATA), StandardCharsets.UTF_8));
        end = chunk.flag(V1Fields.FileContent.EOF);
      }
      assertThat(content).hasToString(CannedAnswers.FILE_CONTENT);
      assertThat(agent.hellos()).isZero();
    }
  }

  @Test
  void heldRequestsAreAnsweredInAnyOrderAndHelloIsSkipped() throws Exception {
    try (V1Agent agent = V1Agent.listenSilently(socket);
        V1Host host = V1Host.connect(socket)) {
      agent.holdRequests();
      host.sendRaw(V2Frames.hello(1));
      String first = host.send(V1Payload.PING, new ProtoWriter());
      String second = host.send(V1Payload.PING, new ProtoWriter());
      V1Agent.Request held = agent.nextRequest();
      agent.nextRequest().answer();
      assertThat(host.answerTo(second).id()).isEqualTo(second);
      assertThat(host.hasAnswerTo(first)).isFalse();
      held.answerPartlyAndDie(9);
      host.awaitEnd();
      assertThat(host.hasAnswerTo(first)).isFalse();
      assertThat(agent.hellos()).isEqualTo(1);
    }
  }

  @Test
  void thePeerUsesNothingOfTheProduct() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "com.limiquantix.agent.app.v1peer..",
            "java..",
            "org.jspecify..",
            "org.junit..",
            "org.assertj..",
            "com.tngtech..")
        .check(new ClassFileImporter().importPackagesOf(V1PeerTest.class));
  }
}
