package com.limiquantix.agent.transport.internal.frame;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A decoder together with what an endpoint does about what it finds. */
final class Receiver implements FrameDecoder.Sink {
  static final int MAX_PAYLOAD_BYTES = 65_536;
  static final int MAX_HEADER_BYTES = 32_768;

  final List<Frame> frames = new ArrayList<>();
  final List<String> damages = new ArrayList<>();
  final List<Long> stale = new ArrayList<>();
  final FrameDecoder decoder;
  private final FrameDecoder.Role role;
  private long nextToken = Frames.TOKEN;

  /** The token of the session, or of the last one. */
  long token = Frames.TOKEN;

  private Receiver(FrameDecoder.Role role) {
    this.role = role;
    this.decoder = new FrameDecoder(role, MAX_PAYLOAD_BYTES, MAX_HEADER_BYTES);
  }

  static Receiver agent() {
    return new Receiver(FrameDecoder.Role.AGENT);
  }

  /** A host that has said Hello. */
  static Receiver host() {
    Receiver host = new Receiver(FrameDecoder.Role.HOST);
    host.decoder.expectWelcome(Frames.NONCE);
    return host;
  }

  /** In a session with {@link Frames#TOKEN}, no frame of it received. */
  static Receiver inSession(FrameDecoder.Role role) {
    Receiver receiver = new Receiver(role);
    receiver.decoder.expectSession(Frames.TOKEN);
    return receiver;
  }

  static Receiver agentInSession() {
    return inSession(FrameDecoder.Role.AGENT);
  }

  Receiver feed(byte[]... parts) {
    for (byte[] part : parts) {
      decoder.feed(ByteBuffer.wrap(part), this);
    }
    return this;
  }

  Receiver feedInPieces(byte[] bytes, int pieceBytes) {
    for (int at = 0; at < bytes.length; at += pieceBytes) {
      feed(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + pieceBytes)));
    }
    return this;
  }

  Receiver stall() {
    decoder.onStall(this);
    return this;
  }

  @Override
  public void onFrame(Frame frame) {
    frames.add(Frames.copy(frame));
    if (frame instanceof Frame.Hello) {
      token = nextToken++;
      decoder.expectSession(token);
    } else if (frame instanceof Frame.Welcome welcome) {
      token = welcome.message().getToken();
      decoder.expectSession(token);
    }
  }

  @Override
  public void onDamage(String reason) {
    damages.add(reason);
    if (role == FrameDecoder.Role.AGENT) {
      decoder.expectHello();
    } else {
      decoder.reset();
      decoder.expectWelcome(Frames.NONCE);
    }
  }

  @Override
  public void onStaleFrame(long token) {
    stale.add(token);
  }
}
