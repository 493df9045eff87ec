package com.limiquantix.agent.transport.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v2.Goodbye;
import com.limiquantix.agent.protocol.v2.Reset;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames of a session, back to back: all or nothing. */
class FrameDecoderTest {
  private static final Frame BEFORE = new Frame.Ping(1);
  private static final Frame AFTER = new Frame.Ping(3);

  private static byte[] first() {
    return Frames.bytes(BEFORE, 1);
  }

  /** What comes third must not be delivered when the second was damaged. */
  private static void isDamage(byte[] second) {
    Receiver agent = Receiver.agentInSession();
    agent.feed(first(), second, Frames.bytes(AFTER, 3), Frames.bytes(AFTER, 2));

    assertThat(agent.frames).containsExactly(BEFORE);
    assertThat(agent.damages).hasSize(1);
  }

  @Test
  void noSingleBitErrorIsEverDelivered() {
    for (Frame frame : Frames.ofSession()) {
      byte[] good = Frames.bytes(Frames.copy(frame), 2);
      for (int bit = 0; bit < good.length * 8; bit++) {
        byte[] bad = good.clone();
        bad[bit / 8] ^= (byte) (1 << bit % 8);
        Receiver agent = Receiver.agentInSession();
        agent.feed(first(), bad, Frames.bytes(AFTER, 3));

        assertThat(agent.frames).as("%s, bit %d", frame, bit).containsExactly(BEFORE);
        assertThat(agent.damages.isEmpty()).isEqualTo(agent.decoder.incomplete());
      }
    }
  }

  @Test
  void aBitErrorThatMakesAFrameLongerIsFoundWhenItsBytesHaveCome() {
    byte[] longer = Frames.bytes(BEFORE, 1);
    longer[26] = 1;
    Receiver agent = Receiver.agentInSession();
    agent.feed(longer, new byte[400]);

    assertThat(agent.frames).isEmpty();
    assertThat(agent.damages).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(FrameDecoder.Role.class)
  void itDoesNotMatterWhereTheBytesAreSplit(FrameDecoder.Role role) {
    byte[] all = Frames.inSession(Frames.ofSession(), 1);
    for (int at = 0; at <= all.length; at++) {
      Receiver receiver = Receiver.inSession(role);
      receiver.feed(Arrays.copyOf(all, at), Arrays.copyOfRange(all, at, all.length));
      assertThat(receiver.frames).as("split at %d", at).isEqualTo(Frames.ofSession());
    }
    for (int size = 1; size < 80; size++) {
      Receiver receiver = Receiver.inSession(role).feedInPieces(all, size);
      assertThat(receiver.frames).as("pieces of %d", size).isEqualTo(Frames.ofSession());
      assertThat(receiver.decoder.incomplete()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Receiver.MAX_PAYLOAD_BYTES + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
  void aLengthAboveTheLimitIsRefusedBeforeAnyOfItIsAwaited(int length) {
    byte[] header = Frames.crafted(10, 0, 1, 1, Frames.TOKEN, length, new byte[0]);
    Receiver agent = Receiver.agentInSession().feed(header);

    assertThat(agent.damages).hasSize(1);
    assertThat(agent.decoder.heldCapacityBytes()).isLessThanOrEqualTo(FrameHeader.BYTES);
  }

  @Test
  void aPayloadOfExactlyTheLimitIsTaken() {
    byte[] piece = new byte[Receiver.MAX_PAYLOAD_BYTES - FrameCodec.MESSAGE_PREFIX_BYTES];
    Receiver agent = Receiver.agentInSession();
    agent.feedInPieces(Frames.bytes(Frames.message(1, piece), 1), 1_000);

    assertThat(agent.frames).containsExactly(Frames.message(1, piece));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 14, 127, 128, 255})
  void anUnknownTypeIsDamage(int type) {
    isDamage(Frames.crafted(type, 0, 0, 2, Frames.TOKEN, 0, new byte[0]));
    isDamage(Frames.crafted(type, 0, 9, 2, Frames.TOKEN, 0, new byte[0]));
  }

  @Test
  void reservedBytesThatAreNotZeroAreDamage() {
    for (int at = 6; at < 8; at++) {
      byte[] frame = Frames.bytes(AFTER, 2);
      frame[at] = 1;
      isDamage(Frames.sealed(frame));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Frames.TOKEN ^ 1, ~Frames.TOKEN, Long.MIN_VALUE})
  void aFrameOfAnotherSessionIsDamage(long token) {
    isDamage(Frames.bytes(AFTER, token, 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 4, -2})
  void aFrameOutOfSequenceIsDamage(int sequence) {
    isDamage(Frames.bytes(AFTER, sequence));
  }

  @Test
  void aFrameThatComesTwiceIsDeliveredOnce() {
    isDamage(first());
  }

  @Test
  void bytesThatAreNoStartAreDamageAsSoonAsOneOfThemShowsIt() {
    byte[] start = {0x51, 0x54, 0x58, 0x03};
    for (int wrong = 1; wrong < start.length; wrong++) {
      Receiver agent = Receiver.agentInSession();
      agent.feedInPieces(Arrays.copyOf(start, wrong), 1);
      assertThat(agent.damages).isEmpty();
      agent.feed(new byte[] {3});
      assertThat(agent.damages).as("byte %d", wrong).hasSize(1);
    }
  }

  @Test
  void anotherVersionsFrameInsideASessionIsDamage() {
    isDamage(new byte[] {0x51, 0x54, 0x58, 1, 0, 0, 0, 1, 0});
    isDamage(new byte[] {0x51, 0x54, 0x58, 3});
  }

  @Test
  void bytesThatBeginNoFrameAreDamageAtOnce() {
    for (byte[] start : List.of(new byte[] {0}, new byte[] {0x51, 0}, new byte[] {0x51, 0x54, 9})) {
      assertThat(Receiver.agentInSession().feed(start).damages).hasSize(1);
    }
  }

  @Test
  void aCallFrameWithoutACallAndASessionFrameWithOneAreDamage() {
    for (int type = FrameHeader.OPEN; type <= FrameHeader.CANCEL; type++) {
      isDamage(Frames.crafted(type, 0, 0, 2, Frames.TOKEN, 0, new byte[0]));
    }
    for (int type : new int[] {FrameHeader.PING, FrameHeader.PONG}) {
      isDamage(Frames.crafted(type, 0, 1, 2, Frames.TOKEN, 8, new byte[8]));
    }
  }

  @Test
  void aPayloadThatDoesNotFitItsTypeIsDamage() {
    byte[] noMessage = {0x0A, 0x7F};
    isDamage(Frames.crafted(FrameHeader.PING, 0, 0, 2, Frames.TOKEN, 7, new byte[7]));
    isDamage(Frames.crafted(FrameHeader.PONG, 0, 0, 2, Frames.TOKEN, 9, new byte[9]));
    isDamage(Frames.crafted(FrameHeader.HALF_CLOSE, 0, 1, 2, Frames.TOKEN, 1, new byte[1]));
    isDamage(Frames.crafted(FrameHeader.CREDIT, 0, 0, 2, Frames.TOKEN, 4, new byte[4]));
    isDamage(
        Frames.crafted(FrameHeader.CREDIT, 0, 0, 2, Frames.TOKEN, 4, new byte[] {-1, 0, 0, 0}));
    isDamage(Frames.crafted(FrameHeader.CREDIT, 0, 0, 2, Frames.TOKEN, 3, new byte[3]));
    isDamage(Frames.crafted(FrameHeader.OPEN, 0, 1, 2, Frames.TOKEN, 2, noMessage));
    isDamage(Frames.crafted(FrameHeader.HEADERS, 0, 1, 2, Frames.TOKEN, 2, noMessage));
    isDamage(Frames.crafted(FrameHeader.TRAILERS, 0, 1, 2, Frames.TOKEN, 2, noMessage));
    isDamage(Frames.crafted(FrameHeader.CANCEL, 0, 1, 2, Frames.TOKEN, 2, noMessage));
  }

  @Test
  void aMessageThatClaimsFourGigabytesOrNoLengthIsDamage() {
    int first = FrameHeader.FLAG_FIRST;
    isDamage(
        Frames.crafted(
            FrameHeader.MESSAGE, first, 1, 2, Frames.TOKEN, 4, new byte[] {-1, -1, -1, -1}));
    isDamage(Frames.crafted(FrameHeader.MESSAGE, first, 1, 2, Frames.TOKEN, 3, new byte[3]));
  }

  @Test
  void whatEndsASessionHasNoNumber() {
    Frame goodbye = new Frame.Goodbye(Goodbye.getDefaultInstance());
    Frame reset = new Frame.Reset(Reset.getDefaultInstance());
    Receiver host = Receiver.inSession(FrameDecoder.Role.HOST);
    host.feed(first(), Frames.bytes(reset, 0), Frames.bytes(goodbye, 0), Frames.bytes(AFTER, 2));

    assertThat(host.frames).containsExactly(BEFORE, reset, goodbye, AFTER);
  }

  @Test
  void anAgentTakesAHelloBetweenTwoFrames() {
    Receiver agent = Receiver.agentInSession();
    agent.feed(first(), Frames.hello(9), Frames.bytes(AFTER, 1));

    assertThat(agent.damages).isEmpty();
    assertThat(agent.frames).hasSize(3);
    assertThat(agent.frames.get(1)).isInstanceOf(Frame.Hello.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {FrameHeader.HELLO, FrameHeader.WELCOME})
  void whatBeginsASessionBelongsToNone(int type) {
    isDamage(Frames.crafted(type, 0, 0, 2, Frames.TOKEN, 0, new byte[0]));
  }

  @Test
  void aHostTakesNoHelloAndNoWelcomeOfAnotherSession() {
    for (byte[] frame :
        List.of(Frames.hello(9), Frames.welcome(9, 9), Frames.welcome(Frames.NONCE, 9))) {
      Receiver host = Receiver.host();
      host.feed(Frames.welcome(Frames.NONCE, Frames.TOKEN), first(), frame);

      assertThat(host.frames).hasSize(2);
      assertThat(host.damages).hasSize(1);
    }
  }

  @Test
  void aWelcomeThatIsSaidAgainDisturbsNothing() {
    byte[] welcome = Frames.welcome(Frames.NONCE, Frames.TOKEN);
    byte[] all = Frames.concat(welcome, welcome, first(), welcome, Frames.bytes(AFTER, 2));
    for (int size : new int[] {1, 7, all.length}) {
      Receiver host = Receiver.host().feedInPieces(all, size);

      assertThat(host.damages).isEmpty();
      assertThat(host.frames).hasSize(3).endsWith(BEFORE, AFTER);
    }
  }

  @Test
  void nothingOfADamagedSessionIsDeliveredAndTheNextHelloIs() {
    List<byte[]> rest = new ArrayList<>();
    for (int sequence = 1; sequence < 20; sequence++) {
      rest.add(Frames.bytes(AFTER, sequence));
    }
    Receiver agent = Receiver.agentInSession().feed(new byte[1]);
    agent.feed(rest.toArray(new byte[0][])).feed(Frames.hello(1));

    assertThat(agent.frames).hasSize(1).hasOnlyElementsOfType(Frame.Hello.class);
  }

  @Test
  void aHostThatHasNotSaidHelloHearsNothing() {
    FrameDecoder decoder =
        new FrameDecoder(
            FrameDecoder.Role.HOST, Receiver.MAX_PAYLOAD_BYTES, Receiver.MAX_HEADER_BYTES);
    Receiver sink = Receiver.host();
    decoder.feed(ByteBuffer.wrap(Frames.welcome(Frames.NONCE, 1)), sink);
    decoder.feed(ByteBuffer.wrap(Frames.welcome(0, 1)), sink);

    assertThat(sink.frames).isEmpty();
    assertThat(decoder.incomplete()).isFalse();
  }
}
