package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.protocol.v2.Goodbye;
import com.limiquantix.agent.protocol.v2.Reset;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.link.fault.Faults;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a session promises about bytes in its link that are not its own, and about contents that
 * pose as frames.
 */
abstract class ForeignBytesSuite extends SessionSuite {
  private static final int VERSION_1_HEADER = 0x51545801;

  /** What may lie in a link before a host says Hello. */
  private static List<byte[]> stale() {
    byte[] message = Frames.bytes(Frames.message(1, new byte[60_000]), 7);
    byte[] longHello = Frames.hello(99);
    ByteBuffer.wrap(longHello).putInt(Region.LENGTH.from, 4_096);
    return List.of(
        random(10_000, 3),
        new byte[] {0x51},
        new byte[] {0x51, 0x54, 0x58, 2},
        "QTX".repeat(1_000).getBytes(StandardCharsets.US_ASCII),
        version1Frame(100),
        Arrays.copyOf(version1Frame(16_000_000), 5_000),
        message,
        Arrays.copyOf(message, 40),
        Arrays.copyOf(message, 31),
        Frames.hello(99),
        Arrays.copyOf(Frames.hello(99), 50),
        longHello,
        Frames.concat(Frames.hello(99), hiddenCall(Frames.TOKEN), Frames.welcome(99, 1)));
  }

  private static byte[] version1(AgentMessage.Builder message) {
    byte[] payload = message.setMessageId("foreign").build().toByteArray();
    return Frames.concat(
        ByteBuffer.allocate(8).putInt(VERSION_1_HEADER).putInt(payload.length).array(), payload);
  }

  /** What a host or an agent of version 1 says. */
  private static byte[] version1Frames() {
    return Frames.concat(
        version1(
            AgentMessage.newBuilder()
                .setPing(PingRequest.newBuilder().setSequence(SessionRig.UNASKED_PING))),
        version1(AgentMessage.newBuilder().setPong(PongResponse.getDefaultInstance())),
        version1(AgentMessage.newBuilder().setAgentReady(AgentReadyEvent.getDefaultInstance())));
  }

  private static byte[] version1Frame(int bytes) {
    return ByteBuffer.allocate(8 + bytes).putInt(VERSION_1_HEADER).putInt(bytes).array();
  }

  /** A call that nobody makes. */
  private static byte[] hiddenCall(long token) {
    byte[] request = NumberedService.message(-1, 0, new byte[0]);
    return Frames.concat(
        Frames.bytes(Frames.open(1, NumberedService.ECHO.getFullMethodName()), token, 1),
        Frames.bytes(Frames.message(1, request), token, 2),
        Frames.bytes(new Frame.HalfClose(1), token, 3));
  }

  @Test
  void givenStaleBytes_whenTheNextHostSaysHelloBehindThem_thenItIsServed() throws Exception {
    for (Direction direction : Direction.values()) {
      for (byte[] bytes : stale()) {
        rig.wires().onNextHost(end -> direction.of(end).insert(0, bytes));
        rig.hostDies();
        rig.assertUsable();
      }
    }
  }

  @Test
  void givenFramesOfAnEarlierSession_whenTheyComeAgain_thenNothingIsCarriedOutTwice()
      throws Exception {
    for (Direction direction : Direction.values()) {
      byte[] earlier = join(framesOfACall(direction));
      rig.hostDies();
      rig.assertUsable();
      direction.of(rig).insertNow(earlier);
      rig.assertUsable();
      rig.wires().onNextHost(end -> direction.of(end).insert(0, earlier));
      rig.hostDies();
      rig.assertUsable();
    }
  }

  @Test
  void givenFramesWithTheTokenOfNobody_whenTheyEndSessions_thenUsable() throws Exception {
    long token = Frames.TOKEN;
    List<byte[]> forged =
        List.of(
            Frames.bytes(new Frame.Goodbye(Goodbye.getDefaultInstance()), token, 0),
            Frames.bytes(new Frame.Reset(Reset.getDefaultInstance()), token, 0),
            Frames.welcome(Frames.NONCE, token),
            Frames.hello(Frames.NONCE),
            hiddenCall(token));
    for (Direction direction : Direction.values()) {
      for (byte[] frame : forged) {
        rig.pass(SETTLED_MILLIS);
        SessionRig.Asked call = rig.hang();
        rig.settle();
        direction.of(rig).insertNow(frame);
        rig.assertUsable();
        assertAllEnded(List.of(call));
      }
    }
  }

  /** Contents that pose as frames of all kinds. */
  private static byte[] posing(long seed) {
    return Frames.concat(
        random(100, seed),
        version1Frame(20),
        version1Frames(),
        Frames.hello(seed),
        hiddenCall(seed),
        Frames.welcome(seed, seed),
        hiddenCall(Frames.TOKEN),
        Frames.bytes(new Frame.Reset(Reset.getDefaultInstance()), seed, 0),
        Frames.bytes(new Frame.Goodbye(Goodbye.getDefaultInstance()), seed, 0));
  }

  private static byte[] posingOften() {
    byte[] all = {};
    for (int seed = 1; seed <= 20; seed++) {
      all = Frames.concat(all, posing(seed));
    }
    return all;
  }

  @Test
  void givenContentsThatPoseAsFrames_whenTheLinkIsSound_thenTheyAreContents() throws Exception {
    byte[] contents = posingOften();

    assertAllSucceed(List.of(rig.upload(20, contents), rig.download(20, contents)));
  }

  @ParameterizedTest
  @EnumSource
  void givenContentsThatPoseAsFrames_whenTheyAreDamaged_thenNothingInThemIsBelieved(
      Direction direction) throws Exception {
    byte[] contents = posingOften();
    for (int i = 0; i < 60; i++) {
      rig.pass(SETTLED_MILLIS);
      Faults faults = direction.of(rig);
      long at = faults.entered() + 1_000 + 331L * i;
      if (i % 2 == 0) {
        faults.corrupt(at, 0x10);
      } else {
        faults.drop(at, 5);
      }
      SessionRig.Asked upload = rig.upload(5, contents);
      SessionRig.Asked download = rig.download(5, contents);
      rig.assertUsable();
      rig.pass(SETTLED_MILLIS);
      assertAllEnded(List.of(upload, download));
    }
  }

  @Test
  void givenContentsThatPoseAsFrames_whenTheyAreHeldUpAnywhere_thenNothingInThemIsBelieved()
      throws Exception {
    byte[] contents = posing(5);
    for (int held = 1; held < contents.length; held += 3) {
      for (Direction direction : Direction.values()) {
        Faults faults = direction.of(rig);
        faults.hold();
        SessionRig.Asked call = rig.echo(contents);
        rig.settle();
        int waiting = faults.waiting();
        faults.release(Math.max(0, waiting - held));
        rig.pass(1_000);
        faults.releaseAll();
        rig.assertUsable();
        assertAllEnded(List.of(call));
      }
    }
  }

  @Test
  void givenALostSession_whenWhatIsLeftOfItPosesAsVersion1_thenItIsNotBelieved() throws Exception {
    rig.toAgent().hold();
    rig.toHost().insertNow(random(10, 1));
    rig.settle();
    SessionRig.Asked call = rig.echo(CONTENT_BYTES);
    rig.toHost().insertNow(version1Frames());
    rig.pass(4_000);
    assertThat(call.isDone()).as("answered in version 1").isFalse();
    rig.toAgent().releaseAll();

    rig.assertUsable();
    assertAllSucceed(List.of(call));
  }

  @Test
  void givenGarbageWithoutEnd_whenItEnds_thenUsable() throws Exception {
    List<Function<Integer, byte[]>> kinds =
        List.of(
            round -> random(8_000, round),
            round -> "Q".repeat(8_000).getBytes(StandardCharsets.US_ASCII),
            round -> posing(round + 1L),
            round -> version1Frames(),
            round -> Frames.bytes(new Frame.Ping(round), Frames.TOKEN, round),
            round -> Frames.hello(round + 1L),
            round -> Frames.bytes(Frames.message(1, new byte[60_000]), 7));
    for (Function<Integer, byte[]> kind : kinds) {
      for (Direction direction : Direction.values()) {
        List<SessionRig.Asked> calls = new ArrayList<>();
        for (int round = 0; round < 300; round++) {
          direction.of(rig).insertNow(kind.apply(round));
          rig.pass(10);
          if (round % 20 == 0) {
            calls.add(rig.echo(CONTENT_BYTES));
          }
        }
        rig.assertUsable();
        rig.pass(SETTLED_MILLIS);
        assertAllEnded(calls);
      }
    }
  }
}
