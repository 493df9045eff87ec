package com.limiquantix.agent.transport.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** The search for a handshake in bytes that are anything. */
class FrameDecoderSearchTest {
  private static final long SEED = 42;
  private static final byte[] V1_FRAME = v1Frame();

  private static byte[] v1Frame() {
    byte[] payload = "\n\u0001xR\u0000".getBytes(StandardCharsets.ISO_8859_1);
    return ByteBuffer.allocate(8 + payload.length)
        .put(new byte[] {0x51, 0x54, 0x58, 1})
        .putInt(payload.length)
        .put(payload)
        .array();
  }

  private static byte[] garbage(int bytes) {
    byte[] random = new byte[bytes];
    new Random(SEED).nextBytes(random);
    return random;
  }

  @Test
  void aHelloIsFoundAtEveryOffsetInGarbage() {
    byte[] random = garbage(300);
    for (int at = 0; at < 150; at++) {
      byte[] stream = Frames.concat(Arrays.copyOf(random, at), Frames.hello(at + 1), random);
      for (int size : new int[] {1, 13, stream.length}) {
        Receiver agent = Receiver.agent().feedInPieces(stream, size);
        assertThat(agent.frames).as("offset %d, pieces of %d", at, size).hasSize(1);
      }
    }
  }

  @Test
  void aHelloIsFoundBehindBeginningsOfItself() {
    byte[] hello = Frames.hello(1);
    for (int cut = 1; cut < hello.length; cut++) {
      byte[] half = Arrays.copyOf(hello, cut);
      Receiver whole = Receiver.agent().feed(Frames.concat(half, hello, half, hello));
      Receiver bytewise =
          Receiver.agent().feedInPieces(Frames.concat(half, half, hello, half, hello), 1);
      whole.stall();
      bytewise.stall();

      assertThat(whole.frames).as("cut at %d", cut).isNotEmpty();
      assertThat(bytewise.frames).as("cut at %d", cut).isNotEmpty();
    }
  }

  @Test
  void aHostTakesOnlyTheAnswerToItsOwnHello() {
    Receiver host = Receiver.host();
    host.feed(garbage(100), Frames.welcome(Frames.NONCE + 1, 5), Frames.welcome(0, 6));
    assertThat(host.frames).isEmpty();
    host.feed(V1_FRAME, Frames.welcome(Frames.NONCE, Frames.TOKEN));

    assertThat(host.frames).hasSize(1);
  }

  @Test
  void nothingButAHelloIsTakenFromPerfectFrames() {
    Receiver agent = Receiver.agent();
    agent.feed(Frames.inSession(Frames.ofSession(), 1), V1_FRAME);
    agent.feed(Frames.inSession(Frames.aroundSessions().subList(1, 4), 0));
    agent.feed(Frames.bytes(Frames.open(1, "a/b"), 0, 1));

    assertThat(agent.frames).isEmpty();
    assertThat(agent.stale).isNotEmpty().containsOnly(Frames.TOKEN);
  }

  @Test
  void aHelloThatClaimsMoreThanAnyHelloIsPassedOver() {
    byte[] tooLong =
        Frames.crafted(
            FrameHeader.HELLO, 0, 0, 0, 0, FrameCodec.MAX_HANDSHAKE_BYTES + 1, new byte[0]);
    byte[] huge = Frames.crafted(FrameHeader.HELLO, 0, 0, 0, 0, -1, new byte[0]);
    Receiver agent = Receiver.agent().feed(tooLong, huge, Frames.hello(1));

    assertThat(agent.frames).hasSize(1);
  }

  @Test
  void aHelloBehindTheHeaderOfALongOneIsFoundByTheStall() {
    byte[] bait =
        Frames.crafted(FrameHeader.HELLO, 0, 0, 0, 0, FrameCodec.MAX_HANDSHAKE_BYTES, new byte[0]);
    Receiver agent = Receiver.agent().feed(bait, Frames.hello(1));
    assertThat(agent.frames).isEmpty();
    agent.stall();

    assertThat(agent.frames).hasSize(1);
  }

  @Test
  void framesInsideAMessageAreItsContents() {
    byte[] contents = hiddenFrames();
    Receiver agent = Receiver.agentInSession();
    agent.feedInPieces(Frames.bytes(Frames.message(1, contents), 1), 50);

    assertThat(agent.frames).containsExactly(Frames.message(1, contents));
  }

  /** Frames that somebody could write into a file: perfect but for the token nobody knows. */
  private static byte[] hiddenFrames() {
    return Frames.concat(
        V1_FRAME,
        Frames.bytes(Frames.open(1, "evil/Run"), 0, 1),
        Frames.bytes(Frames.open(1, "evil/Run"), 99, 1),
        Frames.hello(4711),
        Frames.bytes(Frames.open(1, "evil/Run"), 0, 1),
        Frames.bytes(Frames.open(1, "evil/Run"), 99, 1),
        V1_FRAME,
        new byte[40]);
  }

  @Test
  void whereverAMessageIsCutNothingInsideItIsDeliveredButAHello() {
    byte[] frame = Frames.bytes(Frames.message(1, hiddenFrames()), 1);
    byte[] next = Frames.bytes(new Frame.Ping(5), 2);
    for (int from = 0; from < frame.length; from++) {
      for (int to = from + 1; to <= frame.length; to += 3) {
        byte[] cut = Frames.concat(Arrays.copyOf(frame, from), slice(frame, to), next);
        Receiver agent = Receiver.agentInSession().feed(cut).stall();
        agent.feed(next, frame, next).stall();

        assertThat(agent.frames).as("cut %d-%d", from, to).allMatch(Frame.Hello.class::isInstance);
      }
    }
  }

  private static byte[] slice(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  @Test
  void aDeadHostsHalfFrameDoesNotSwallowTheNextHello() {
    byte[] frame = Frames.bytes(Frames.message(1, garbage(4_000)), 1);
    for (int cut = 1; cut < frame.length; cut += cut < 64 ? 1 : 97) {
      Receiver agent = Receiver.agentInSession().feed(Arrays.copyOf(frame, cut));
      agent.stall().feed(Frames.hello(1)).stall();
      assertThat(agent.frames).as("stall before the Hello, cut %d", cut).hasSize(1);
      Receiver later = Receiver.agentInSession().feed(Arrays.copyOf(frame, cut), Frames.hello(1));
      later.stall();
      assertThat(later.frames).as("stall after the Hello, cut %d", cut).hasSize(1);
      later.feed(Frames.bytes(new Frame.Ping(1), 1));
      assertThat(later.frames).as("in the new session, cut %d", cut).hasSize(2);
    }
  }

  @Test
  void aDeadHostsHalfFrameIsFoundWhileTheHelloComesByteByByte() {
    byte[] frame = Frames.bytes(Frames.message(1, garbage(4_000)), 1);
    Receiver agent = Receiver.agentInSession().feed(Arrays.copyOf(frame, 500)).stall();
    for (byte one : Frames.hello(1)) {
      agent.feed(new byte[] {one}).stall();
    }

    assertThat(agent.frames).hasSize(1);
  }

  @Test
  void aSessionsFrameInsideAnotherMeansThatTheRestWasLost() {
    byte[] frame = Frames.bytes(Frames.message(1, garbage(4_000)), 1);
    byte[] next = Frames.bytes(new Frame.Ping(1), 2);
    for (FrameDecoder.Role role : FrameDecoder.Role.values()) {
      for (int cut : new int[] {1, 31, 32, 33, 2_000, 4_000}) {
        Receiver receiver = Receiver.inSession(role).feed(Arrays.copyOf(frame, cut));
        receiver.stall().feed(next).stall();

        assertThat(receiver.frames).as("%s, cut %d", role, cut).isEmpty();
        assertThat(receiver.damages).as("%s, cut %d", role, cut).hasSize(1);
      }
    }
  }

  @Test
  void afterALostRestTheHandshakeBehindItIsFound() {
    byte[] half = Arrays.copyOf(Frames.bytes(Frames.message(1, garbage(4_000)), 1), 2_000);
    byte[] next = Frames.bytes(new Frame.Ping(1), 2);
    Receiver agent = Receiver.agentInSession().feed(half, Frames.concat(next, Frames.hello(3)));
    Receiver host = Receiver.inSession(FrameDecoder.Role.HOST);
    host.feed(half, Frames.concat(next, Frames.welcome(Frames.NONCE, 5)));

    assertThat(agent.stall().frames).hasSize(1);
    assertThat(host.stall().frames).hasSize(1);
  }

  @Test
  void aHandshakeThatIsOnlyLateIsNotHarmed() {
    Receiver agent = Receiver.agent();
    for (byte one : Frames.hello(1)) {
      agent.feed(new byte[] {one}).stall();
    }
    Receiver host = Receiver.host();
    for (byte one : Frames.welcome(Frames.NONCE, 1)) {
      host.feed(new byte[] {one}).stall();
    }

    assertThat(agent.frames).hasSize(1);
    assertThat(host.frames).hasSize(1);
  }

  @Test
  void aSessionsFrameBehindTheHeaderOfALongHelloIsToldAsStale() {
    byte[] bait = Frames.crafted(FrameHeader.HELLO, 0, 0, 0, 0, 4_096, new byte[0]);
    Receiver agent = Receiver.agent().feed(bait, Frames.bytes(new Frame.Ping(1), 7)).stall();

    assertThat(agent.stale).containsExactly(Frames.TOKEN);
  }

  @Test
  void aFrameThatIsOnlyLateIsNotHarmed() {
    byte[] contents = Frames.concat(garbage(2_000), hiddenOf(Frames.TOKEN + 1), garbage(2_000));
    byte[] frame = Frames.bytes(Frames.message(1, contents), 1);
    for (int size : new int[] {1, 40, 900}) {
      Receiver agent = Receiver.agentInSession();
      for (int at = 0; at < frame.length; at += size) {
        agent.feed(Arrays.copyOfRange(frame, at, Math.min(frame.length, at + size))).stall();
      }
      assertThat(agent.damages).isEmpty();
      assertThat(agent.frames).containsExactly(Frames.message(1, contents));
    }
  }

  /** Calls in somebody's session, and answers. */
  private static byte[] hiddenOf(long token) {
    return Frames.concat(
        Frames.bytes(Frames.open(1, "evil/Run"), token, 1), Frames.welcome(1, token), V1_FRAME);
  }

  @Test
  void aLateFrameWithAPerfectHelloInsideCostsTheSessionAndNothingElse() {
    byte[] frame = Frames.bytes(Frames.message(1, hiddenFrames()), 1);
    Receiver agent = Receiver.agentInSession();
    for (int at = 0; at < frame.length; at++) {
      agent.feed(new byte[] {frame[at]}).stall();
    }

    assertThat(agent.frames).hasSize(1).hasOnlyElementsOfType(Frame.Hello.class);
  }

  @Test
  void aLateFrameIsNotHarmedByAHelloWithOtherContentBehindIt() {
    byte[] contents = Frames.concat(garbage(500), Frames.hello(1), garbage(1), garbage(500));
    byte[] frame = Frames.bytes(Frames.message(1, contents), 1);
    int behindHello = frame.length - 500;
    Receiver agent = Receiver.agentInSession().feed(Arrays.copyOf(frame, behindHello)).stall();
    agent.feed(Arrays.copyOfRange(frame, behindHello, frame.length));

    assertThat(agent.damages).isEmpty();
    assertThat(agent.frames).containsExactly(Frames.message(1, contents));
  }

  @Test
  void aDeadHostsHalfFrameIsFoundWhenTheNextHostRepeatsItself() {
    byte[] half = Arrays.copyOf(Frames.bytes(Frames.message(1, garbage(4_000)), 1), 500);
    byte[] again = Arrays.copyOf(Frames.hello(3), 20);
    Receiver agent = Receiver.agentInSession().feed(half, Frames.hello(3), Frames.hello(3), again);

    assertThat(agent.stall().frames).hasSize(2).hasOnlyElementsOfType(Frame.Hello.class);
  }

  @Test
  void noMoreIsHeldThanOneFrameOfTheLargestSize() {
    byte[] largest =
        Frames.crafted(10, 0, 1, 1, Frames.TOKEN, Receiver.MAX_PAYLOAD_BYTES, new byte[0]);
    Receiver agent = Receiver.agentInSession().feed(largest);
    byte[] random = garbage(1_000);
    int most = 0;
    for (int i = 0; i < 300; i++) {
      agent.feed(random);
      most = Math.max(most, agent.decoder.heldCapacityBytes());
    }
    Receiver hunting = Receiver.agent();
    byte[] bait = Frames.crafted(FrameHeader.HELLO, 0, 0, 0, 0, 4_096, new byte[0]);
    int mostHunting = 0;
    for (int i = 0; i < 1_000; i++) {
      hunting.feed(bait);
      mostHunting = Math.max(mostHunting, hunting.decoder.heldCapacityBytes());
    }

    assertThat(most).isLessThanOrEqualTo(FrameHeader.BYTES + Receiver.MAX_PAYLOAD_BYTES);
    assertThat(mostHunting).isLessThanOrEqualTo(FrameHeader.BYTES + FrameCodec.MAX_HANDSHAKE_BYTES);
    hunting.decoder.reset();
    assertThat(hunting.decoder.heldCapacityBytes()).isZero();
  }

  private static void isCheap(String what, byte[] block, int times, Receiver receiver) {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          for (int i = 0; i < times; i++) {
            receiver.feed(block);
          }
        },
        what);
  }

  @Test
  void endlessGarbageIsCheap() {
    int block = 1 << 16;
    isCheap("random bytes", garbage(block), 1_024, Receiver.agent());
    isCheap("random bytes at a host", garbage(block), 1_024, Receiver.host());
    byte[] starts = new byte[block];
    Arrays.fill(starts, (byte) 0x51);
    isCheap("first bytes of the magic", starts, 1_024, Receiver.agent());
    byte[] bait = Frames.crafted(FrameHeader.HELLO, 0, 0, 0, 0, 4_096, new byte[0]);
    bait[31] ^= 1;
    byte[] baits = new byte[block];
    for (int at = 0; at < block; at += bait.length) {
      System.arraycopy(bait, 0, baits, at, bait.length);
    }
    isCheap("headers of Hellos", baits, 256, Receiver.agent());
  }

  @Test
  void aFrameThatDripsInIsCheapHoweverManyFramesItPretendsToHold() {
    byte[] bait = Frames.crafted(FrameHeader.MESSAGE, 0, 1, 1, Frames.TOKEN, 20_000, new byte[0]);
    byte[] drip = new byte[60_000];
    for (int at = 0; at + bait.length <= drip.length; at += bait.length) {
      System.arraycopy(bait, 0, drip, at, bait.length);
    }
    byte[] frame = Frames.bytes(Frames.message(1, drip), 1);
    Receiver host = Receiver.inSession(FrameDecoder.Role.HOST).feed(Arrays.copyOf(frame, 40));
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (int at = 40; at < frame.length; at += 25) {
            host.feed(Arrays.copyOfRange(frame, at, Math.min(frame.length, at + 25))).stall();
          }
        });

    assertThat(host.frames).hasSize(1);
  }
}
