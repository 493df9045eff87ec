package com.limiquantix.agent.transport.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Version 1 frames in the stream of a decoder that speaks both versions. */
class FrameDecoderV1Test {
  private static final int MAX_TAKEN_BYTES = 4_096;

  /** A decoder with an endpoint that writes down what it is told. */
  private static final class Both implements FrameDecoder.Sink, V1Sink {
    final List<String> payloads = new ArrayList<>();
    final List<Frame> frames = new ArrayList<>();
    final List<String> damages = new ArrayList<>();
    int abandoned;
    final FrameDecoder decoder =
        new FrameDecoder(
            FrameDecoder.Role.AGENT,
            Receiver.MAX_PAYLOAD_BYTES,
            Receiver.MAX_HEADER_BYTES,
            true,
            this);
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
    private boolean skipped;

    Both feed(byte[]... parts) {
      for (byte[] part : parts) {
        decoder.feed(ByteBuffer.wrap(part), this);
      }
      return this;
    }

    Both stall(int times) {
      for (int i = 0; i < times; i++) {
        decoder.onStall(this);
      }
      return this;
    }

    @Override
    public void onV1Begin(int length) {
      payload.reset();
      skipped = length > MAX_TAKEN_BYTES;
    }

    @Override
    public void onV1Bytes(ByteBuffer part) {
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      payload.writeBytes(skipped ? new byte[0] : bytes);
    }

    @Override
    public void onV1End() {
      payloads.add(skipped ? "skipped" : payload.toString(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void onV1Abandoned() {
      abandoned++;
    }

    @Override
    public ByteBuffer v1Held() {
      return ByteBuffer.wrap(payload.toByteArray());
    }

    @Override
    public void onFrame(Frame frame) {
      frames.add(Frames.copy(frame));
      if (frame instanceof Frame.Hello) {
        decoder.expectSession(Frames.TOKEN);
      }
    }

    @Override
    public void onDamage(String reason) {
      damages.add(reason);
      decoder.expectHello();
    }

    @Override
    public void onStaleFrame(long token) {}
  }

  /** A frame whose payload begins with an id, as all peers send it. */
  private static byte[] v1(String content) {
    byte[] payload = ("\n\u0001x" + content).getBytes(StandardCharsets.ISO_8859_1);
    return header(payload.length, payload);
  }

  private static byte[] header(int length, byte... payload) {
    return ByteBuffer.allocate(8 + payload.length)
        .put(new byte[] {0x51, 0x54, 0x58, 1})
        .putInt(length)
        .put(payload)
        .array();
  }

  private static String payload(String content) {
    return "\n\u0001x" + content;
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void givenFramesInPiecesOfAnySize_thenEachIsDeliveredOnce() {
    byte[] stream = Frames.concat(v1("one"), v1(""), v1("three"));
    for (int size = 1; size <= stream.length; size++) {
      Both agent = new Both();
      for (int at = 0; at < stream.length; at += size) {
        agent.feed(Arrays.copyOfRange(stream, at, Math.min(stream.length, at + size)));
      }

      assertThat(agent.payloads).containsExactly(payload("one"), payload(""), payload("three"));
      assertThat(agent.decoder.incomplete()).isFalse();
    }
  }

  @Test
  void givenBytesThatAreNoFrame_thenTheNextFrameIsFoundBehindThem() {
    byte[] random = new byte[200];
    new Random(7).nextBytes(random);
    for (int length : new int[] {0, 16_777_217, 0x51545801, -1, Integer.MIN_VALUE}) {
      Both agent = new Both().feed(random, header(length), v1("found"));

      assertThat(agent.payloads).as("length %d", length).containsExactly(payload("found"));
    }
  }

  @Test
  void givenFramesWithinAFrame_thenOnlyTheOuterOneIsDelivered() {
    String inner = latin(Frames.concat(v1("inner"), Frames.hello(3), v1("inner")));
    byte[] outer = v1(inner);
    for (int cut = 1; cut < outer.length; cut++) {
      Both agent =
          new Both().feed(Arrays.copyOf(outer, cut), Arrays.copyOfRange(outer, cut, outer.length));

      assertThat(agent.payloads).as("cut at %d", cut).containsExactly(payload(inner));
      assertThat(agent.frames).isEmpty();
    }
  }

  @Test
  void givenASession_thenVersion1IsNotBelievedUntilTheHostIsGone() {
    Both agent = new Both().feed(v1("before"), Frames.hello(1));
    agent.feed(Frames.bytes(Frames.open(1, "a/b"), Frames.TOKEN, 1), v1("in the session"));
    assertThat(agent.damages).hasSize(1);
    agent.feed(v1("while searching"));
    assertThat(agent.payloads).containsExactly(payload("before"));

    agent.decoder.reset();
    agent.feed(v1("after"));

    assertThat(agent.payloads).containsExactly(payload("before"), payload("after"));
  }

  @Test
  void givenAFrameOfAnUnknownSession_thenVersion1IsNotBelievedEither() {
    Both agent = new Both();
    agent.feed(Frames.bytes(Frames.open(1, "a/b"), Frames.TOKEN, 9), v1("contents"));

    assertThat(agent.payloads).isEmpty();
  }

  @Test
  void givenAProbeThatCrossedTheWelcome_thenItIsPassedOverUnread() {
    byte[] probe = v1("ping");
    for (int cut = 1; cut < probe.length; cut++) {
      Both agent = new Both().feed(Frames.hello(1), Arrays.copyOf(probe, cut));
      agent.feed(Arrays.copyOfRange(probe, cut, probe.length));
      agent.feed(Frames.bytes(Frames.open(1, "a/b"), Frames.TOKEN, 1));

      assertThat(agent.damages).as("cut at %d", cut).isEmpty();
      assertThat(agent.payloads).isEmpty();
      assertThat(agent.frames).hasSize(2);
    }
  }

  @Test
  void givenHalfAFrameOfADeadHost_thenTheNextHostsFrameIsFoundInsideIt() {
    byte[] half = Arrays.copyOf(v1("x".repeat(500)), 100);
    Both agent = new Both().feed(half, v1("request"));
    assertThat(agent.payloads).isEmpty();

    agent.stall(1);

    assertThat(agent.payloads).containsExactly(payload("request"));
    assertThat(agent.abandoned).isEqualTo(1);
  }

  @Test
  void givenHalfAFrameOfADeadHost_thenAHelloIsFoundInsideIt() {
    byte[] half = Arrays.copyOf(v1("x".repeat(500)), 100);
    Both agent = new Both().feed(half, Frames.hello(4)).stall(1);

    assertThat(agent.frames).hasSize(1);
    assertThat(agent.frames.get(0)).isInstanceOf(Frame.Hello.class);
  }

  @Test
  void givenAFrameThatIsOnlyLate_thenItIsDeliveredAfterManyStalls() {
    byte[] whole = v1("late");
    Both agent = new Both().feed(Arrays.copyOf(whole, 10)).stall(FrameDecoder.V1_STALLS - 1);
    agent.feed(Arrays.copyOfRange(whole, 10, whole.length));

    assertThat(agent.payloads).containsExactly(payload("late"));
  }

  @Test
  void givenAFrameThatNeverComes_thenItIsGivenUpAndTheNextOneFound() {
    Both agent = new Both().feed(header(1_000)).feed(new byte[10]).stall(FrameDecoder.V1_STALLS);
    assertThat(agent.decoder.incomplete()).isFalse();
    agent.feed(v1("next"));

    assertThat(agent.payloads).containsExactly(payload("next"));
    assertThat(agent.abandoned).isEqualTo(1);
  }

  @Test
  void givenHalfAHeader_thenItIsGivenUpSoon() {
    for (int bytes = 1; bytes < 8; bytes++) {
      Both agent = new Both().feed(Arrays.copyOf(header(50), bytes));
      agent.stall(FrameDecoder.V1_HEADER_STALLS).feed(v1("next"));

      assertThat(agent.payloads).as("%d bytes", bytes).containsExactly(payload("next"));
    }
  }

  @Test
  void givenNothingIncomplete_whenItIsToldOfStalls_thenNothingHappens() {
    Both agent = new Both().stall(FrameDecoder.V1_HEADER_STALLS).feed(v1("next"));

    assertThat(agent.payloads).containsExactly(payload("next"));
  }

  @Test
  void givenAFrameThatIsSkipped_whenItStalls_thenNothingMoreIsLostToIt() {
    Both agent = new Both().feed(header(16_777_216)).feed(new byte[100]).stall(1);
    agent.feed(v1("next"));

    assertThat(agent.payloads).containsExactly(payload("next"));
  }

  @Test
  void givenALargeFrame_thenItIsPassedOnWithoutBeingHeld() {
    byte[] content = new byte[1 << 20];
    Both agent = new Both().feed(header(content.length)).feed(content).feed(v1("next"));

    assertThat(agent.payloads).containsExactly("skipped", payload("next"));
    assertThat(agent.decoder.heldCapacityBytes()).isLessThan(64);
  }

  @Test
  void givenADecoderOfVersion1Alone_thenHellosMeanNothing() {
    Both sink = new Both();
    FrameDecoder decoder =
        new FrameDecoder(
            FrameDecoder.Role.AGENT,
            Receiver.MAX_PAYLOAD_BYTES,
            Receiver.MAX_HEADER_BYTES,
            false,
            sink);
    decoder.feed(ByteBuffer.wrap(Frames.concat(Frames.hello(1), v1("request"))), sink);

    assertThat(sink.frames).isEmpty();
    assertThat(sink.payloads).containsExactly(payload("request"));
  }
}
