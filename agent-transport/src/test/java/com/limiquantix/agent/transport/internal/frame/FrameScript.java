package com.limiquantix.agent.transport.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A stream as a string of bytes writes it: what a peer sends, what becomes of it on its way, in
 * which pieces it arrives and when nothing comes for a while. Every string of bytes is a script, so
 * a fuzzer can write them. Checks all the while that the decoder
 *
 * <ul>
 *   <li>takes all that it is given and holds no more than one frame,
 *   <li>delivers all frames of a stream to which nothing happened,
 *   <li>delivers nothing but frames that stand in the stream, one behind the other, with checksum,
 *       token and number as they have to be,
 *   <li>finds the next handshake after all that.
 * </ul>
 */
final class FrameScript implements FrameDecoder.Sink {
  private static final List<Frame> SAMPLES = Frames.ofSession();
  private static final int MOST_HELD_BYTES = Receiver.MAX_PAYLOAD_BYTES + FrameHeader.BYTES;

  private final byte[] script;
  private int at;

  private final FrameDecoder.Role role;
  private final Receiver receiver;

  /** What was sent and has not arrived yet. */
  private byte[] underWay = {};

  /** The number of the peer's next frame. */
  private int sequence = 1;

  /** Whether there was nothing yet but frames of the session, all unharmed. */
  private boolean intact;

  // What has arrived, where the frame that was delivered last ends in it, and how many were
  // delivered since the session began.
  private byte[] stream = {};
  private int end;
  private int numbered;

  private FrameScript(byte[] script) {
    this.script = script;
    int start = next();
    role = (start & 1) == 0 ? FrameDecoder.Role.AGENT : FrameDecoder.Role.HOST;
    intact = (start & 2) == 0;
    if (intact) {
      receiver = Receiver.inSession(role);
    } else {
      receiver = role == FrameDecoder.Role.AGENT ? Receiver.agent() : Receiver.host();
    }
  }

  /** Plays {@code script} and fails if the decoder does anything that it must not. */
  static void play(byte[] script) {
    FrameScript played = new FrameScript(script);
    while (played.at < script.length) {
      played.step();
    }
    played.arrive(Integer.MAX_VALUE);
    if (played.intact) {
      assertThat(played.receiver.frames).hasSize(played.sequence - 1);
    }
    played.findNextHandshake();
  }

  private void step() {
    int what = next() % 9;
    intact &= what == 2 || what >= 7;
    switch (what) {
      case 0 -> send(take(next()));
      case 1 -> send(crafted());
      case 2 -> send(Frames.bytes(Frames.copy(sample()), receiver.token, sequence++));
      case 3 -> {
        send(next() % 4 == 0 ? handshakeOfOthers() : handshake(next()));
        sequence = 1;
      }
      case 4 -> underWay = Arrays.copyOf(underWay, Math.max(0, underWay.length - next()));
      case 5 -> send(Arrays.copyOfRange(underWay, back(next()), underWay.length));
      case 6 -> {
        int flipped = back(1 + next());
        if (flipped < underWay.length) {
          underWay[flipped] ^= (byte) (1 << next() % 8);
        }
      }
      case 7 -> arrive(next() % 2 == 0 ? Integer.MAX_VALUE : 1 + next());
      default -> receiver.decoder.onStall(this);
    }
  }

  /** The next byte of the script, 0 to 255; 0 behind its end. */
  private int next() {
    return at < script.length ? script[at++] & 0xff : 0;
  }

  private byte[] take(int count) {
    int from = Math.min(at, script.length);
    at = Math.min(script.length, from + count);
    return Arrays.copyOfRange(script, from, at);
  }

  private int back(int count) {
    return Math.max(0, underWay.length - count);
  }

  private Frame sample() {
    return SAMPLES.get(next() % SAMPLES.size());
  }

  /** A frame whose checksum is right, whatever else may be wrong with it. */
  private byte[] crafted() {
    int type = next() % 16;
    int flags = next();
    int callId = next() % 4;
    int number = next() % 3 == 0 ? next() : sequence;
    long token =
        switch (next() % 4) {
          case 0 -> 0;
          case 1 -> next();
          default -> receiver.token;
        };
    boolean honest = next() % 4 != 0;
    int claim = honest ? 0 : ByteBuffer.wrap(Arrays.copyOf(take(4), 4)).getInt();
    byte[] payload = take(next());
    return Frames.crafted(
        type, flags, callId, number, token, honest ? payload.length : claim, payload);
  }

  private byte[] handshake(int variant) {
    return role == FrameDecoder.Role.AGENT
        ? Frames.hello(1 + variant)
        : Frames.welcome(Frames.NONCE, Frames.TOKEN + variant);
  }

  /** What only the other role takes, or a host that has said another Hello. */
  private byte[] handshakeOfOthers() {
    return role == FrameDecoder.Role.AGENT
        ? Frames.welcome(Frames.NONCE, Frames.TOKEN)
        : Frames.welcome(Frames.NONCE + 1 + next(), Frames.TOKEN);
  }

  private void send(byte[] bytes) {
    underWay = Frames.concat(underWay, bytes);
  }

  /** The first of the bytes that are under way arrive in one piece. */
  private void arrive(int count) {
    int size = Math.min(count, underWay.length);
    ByteBuffer piece = ByteBuffer.wrap(Arrays.copyOf(underWay, size));
    underWay = Arrays.copyOfRange(underWay, size, underWay.length);
    stream = Frames.concat(stream, piece.array());
    receiver.decoder.feed(piece, this);

    assertThat(piece.hasRemaining()).isFalse();
    assertThat(receiver.decoder.heldCapacityBytes()).isLessThanOrEqualTo(MOST_HELD_BYTES);
  }

  @Override
  public void onFrame(Frame frame) {
    boolean handshake = frame instanceof Frame.Hello || frame instanceof Frame.Welcome;
    if (frame instanceof Frame.Welcome welcome) {
      assertThat(role).isEqualTo(FrameDecoder.Role.HOST);
      assertThat(welcome.message().getNonce()).isEqualTo(Frames.NONCE);
    }
    boolean unnumbered =
        handshake || frame instanceof Frame.Reset || frame instanceof Frame.Goodbye;
    numbered = handshake ? 0 : unnumbered ? numbered : numbered + 1;
    long token = handshake ? 0 : receiver.token;
    while (end + FrameHeader.BYTES <= stream.length
        && !stands(frame, token, unnumbered ? -1 : numbered)) {
      end++;
    }
    assertThat(end + FrameHeader.BYTES)
        .as("the place of %s, number %d", frame, numbered)
        .isLessThanOrEqualTo(stream.length);
    end += FrameHeader.BYTES + ByteBuffer.wrap(stream).getInt(end + 24);
    receiver.onFrame(frame);
  }

  /**
   * Whether this very frame begins at {@link #end}, as the documentation of the protocol says.
   *
   * @param number what it must be numbered by, or -1 if its number means nothing
   */
  private boolean stands(Frame frame, long token, int number) {
    ByteBuffer all = ByteBuffer.wrap(stream);
    int length = all.getInt(end + 24);
    if (all.getInt(end) != 0x51545802
        || all.getShort(end + 6) != 0
        || all.getLong(end + 16) != token
        || (number != -1 && all.getInt(end + 12) != number)
        || length < 0
        || length > stream.length - end - FrameHeader.BYTES) {
      return false;
    }
    CRC32C crc = new CRC32C();
    crc.update(stream, end, 28);
    crc.update(stream, end + FrameHeader.BYTES, length);
    if (all.getInt(end + 28) != (int) crc.getValue()) {
      return false;
    }
    try {
      ByteBuffer payload = all.slice(end + FrameHeader.BYTES, length);
      return FrameCodec.decode(FrameHeader.read(all, end), payload).equals(frame);
    } catch (FrameException e) {
      return false;
    }
  }

  @Override
  public void onDamage(String reason) {
    receiver.onDamage(reason);
  }

  @Override
  public void onStaleFrame(long token) {
    receiver.onStaleFrame(token);
  }

  /** As endpoints do: the host drops everything till its Welcome, and a Hello is said again. */
  private void findNextHandshake() {
    if (role == FrameDecoder.Role.HOST) {
      receiver.decoder.expectWelcome(Frames.NONCE);
    }
    int before = receiver.frames.size();
    for (int i = 0; i < 2; i++) {
      send(handshake(0));
      arrive(Integer.MAX_VALUE);
      receiver.decoder.onStall(this);
    }
    assertThat(receiver.frames.size()).as("frames").isGreaterThan(before);
  }
}
