package com.limiquantix.agent.transport.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class FrameCodecTest {

  private static Stream<Class<?>> recordsOf(Class<?> sealed) {
    Class<?>[] permitted = sealed.getPermittedSubclasses();
    return permitted == null
        ? Stream.of(sealed)
        : Stream.of(permitted).flatMap(FrameCodecTest::recordsOf);
  }

  @Test
  void theseTestsKnowEveryTypeOfFrame() {
    Set<Class<?>> known = new HashSet<>();
    Frames.ofSession().forEach(frame -> known.add(frame.getClass()));
    Frames.aroundSessions().forEach(frame -> known.add(frame.getClass()));

    assertThat(known).containsExactlyInAnyOrderElementsOf(recordsOf(Frame.class).toList());
  }

  @Test
  void everyTypeComesBackAsItWentIn() {
    Receiver receiver = Receiver.agentInSession();
    receiver.feed(Frames.inSession(Frames.ofSession(), 1));

    assertThat(receiver.damages).isEmpty();
    assertThat(receiver.frames).isEqualTo(Frames.ofSession());
  }

  @Test
  void whatBeginsAndEndsSessionsComesBackAsItWentIn() {
    List<Frame> around = Frames.aroundSessions();
    Receiver agent = Receiver.agent().feed(Frames.bytes(around.get(0), 0, 0));
    Receiver host = Receiver.host().feed(Frames.bytes(around.get(1), 0, 0));
    host.feed(Frames.bytes(around.get(2), 0), Frames.bytes(around.get(3), 0));

    List<Frame> all = new ArrayList<>(agent.frames);
    all.addAll(host.frames);
    assertThat(all).isEqualTo(around);
  }

  @Test
  void everyTypeTakesAsManyBytesAsAnnounced() {
    for (Frame frame : Frames.ofSession()) {
      int announced = FrameCodec.encodedSize(frame);
      ByteBuffer out = ByteBuffer.allocate(200);
      FrameCodec.encode(Frames.copy(frame), Frames.TOKEN, 1, out);

      assertThat(out.position()).as("%s", frame).isEqualTo(announced);
      assertThat(FrameCodec.endOfFrame(out, 0)).isEqualTo(announced);
    }
  }

  @Test
  void theBytesAreThoseOfTheSpecification() {
    byte[] ping = Frames.bytes(new Frame.Ping(0x0A0B0C0D0E0F1011L), 0x01020304);
    byte[] first = Frames.bytes(Frames.message(5, new byte[] {'h', 'i'}), 2);

    assertThat(HexFormat.of().formatHex(ping, 0, 28))
        .isEqualTo(
            "51545802" + "05000000" + "00000000" + "01020304" + "1122334455667788" + "00000008");
    assertThat(HexFormat.of().formatHex(ping, 32, 40)).isEqualTo("0a0b0c0d0e0f1011");
    assertThat(HexFormat.of().formatHex(first, 0, 28))
        .isEqualTo(
            "51545802" + "0a010000" + "00000005" + "00000002" + "1122334455667788" + "00000006");
    assertThat(HexFormat.of().formatHex(first, 32, 38)).isEqualTo("00000002" + "6869");
  }

  @Test
  void theChecksumIsThatOfHeaderAndPayloadWithoutItself() {
    byte[] ping = Frames.bytes(new Frame.Ping(77), 3);
    CRC32C crc = new CRC32C();
    crc.update(ping, 0, 28);
    crc.update(ping, 32, 8);

    assertThat(ByteBuffer.wrap(ping).getInt(28)).isEqualTo((int) crc.getValue());
  }

  @Test
  void sealsAllFramesOfABuffer() {
    ByteBuffer out = ByteBuffer.allocateDirect(1_000);
    int sequence = 1;
    for (Frame frame : Frames.ofSession()) {
      FrameCodec.encode(Frames.copy(frame), Frames.TOKEN, sequence++, out);
    }
    FrameCodec.seal(out, 0, out.position(), new CRC32C());
    byte[] sealed = new byte[out.flip().remaining()];
    out.get(sealed);

    assertThat(sealed).isEqualTo(Frames.inSession(Frames.ofSession(), 1));
  }
}
