package com.limiquantix.agent.transport.internal.frame;

import com.google.protobuf.ByteString;
import com.limiquantix.agent.protocol.v2.CallCancel;
import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.Goodbye;
import com.limiquantix.agent.protocol.v2.Hello;
import com.limiquantix.agent.protocol.v2.MetadataEntry;
import com.limiquantix.agent.protocol.v2.Reset;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.protocol.v2.SessionLimits;
import com.limiquantix.agent.protocol.v2.Welcome;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/** Frames as bytes, and bytes that only look like frames. */
public final class Frames {
  public static final long TOKEN = 0x1122334455667788L;
  public static final long NONCE = 0x0102030405060708L;

  private Frames() {}

  /** The frame as it goes over the wire. */
  public static byte[] bytes(Frame frame, long token, int sequence) {
    ByteBuffer out = ByteBuffer.allocate(FrameCodec.encodedSize(frame));
    FrameCodec.encode(frame, token, sequence, out);
    FrameCodec.seal(out, 0, out.position(), new CRC32C());
    return out.array();
  }

  /** A frame of {@link #TOKEN}'s session. */
  public static byte[] bytes(Frame frame, int sequence) {
    return bytes(frame, TOKEN, sequence);
  }

  public static byte[] hello(long nonce) {
    return bytes(new Frame.Hello(helloMessage(nonce)), 0, 0);
  }

  private static Hello helloMessage(long nonce) {
    return Hello.newBuilder()
        .setNonce(nonce)
        .setMinVersion(2)
        .setMaxVersion(2)
        .setLimits(SessionLimits.newBuilder().setMaxFramePayloadBytes(65_536))
        .setSoftware("a host")
        .build();
  }

  public static byte[] welcome(long nonce, long token) {
    return bytes(new Frame.Welcome(welcomeMessage(nonce, token)), 0, 0);
  }

  private static Welcome welcomeMessage(long nonce, long token) {
    return Welcome.newBuilder().setNonce(nonce).setToken(token).setVersion(2).build();
  }

  public static Frame.Message message(int callId, byte[] whole) {
    return new Frame.Message(callId, whole.length, false, ByteBuffer.wrap(whole));
  }

  public static Frame.Open open(int callId, String method) {
    return new Frame.Open(callId, CallHeaders.newBuilder().setMethod(method).build());
  }

  /** Frames that may follow each other in a session, one of each type at least. */
  static List<Frame> ofSession() {
    MetadataEntry entry =
        MetadataEntry.newBuilder()
            .setKey("trace-bin")
            .setValue(ByteString.copyFrom(new byte[] {0, -1, 0x51, 0x54, 0x58, 2}))
            .build();
    return List.of(
        new Frame.Ping(-1),
        new Frame.Pong(Long.MIN_VALUE),
        new Frame.Credit(0, 1),
        new Frame.Credit(7, Integer.MAX_VALUE),
        new Frame.Open(
            Integer.MAX_VALUE,
            CallHeaders.newBuilder().setMethod("a.B/C").addMetadata(entry).setCredit(9).build()),
        new Frame.Headers(-1, ResponseHeaders.newBuilder().addMetadata(entry).build()),
        new Frame.Message(3, 5, true, ByteBuffer.wrap(new byte[] {1, 2})),
        new Frame.Message(3, -1, false, ByteBuffer.wrap(new byte[] {3, 4, 5})),
        new Frame.Message(3, 0, false, ByteBuffer.allocate(0)),
        new Frame.HalfClose(3),
        new Frame.Trailers(3, CallTrailers.newBuilder().setCode(5).setMessage("ä\u2028").build()),
        new Frame.Cancel(4, CallCancel.newBuilder().setCode(1).build()));
  }

  /** Frames that begin and end sessions. */
  static List<Frame> aroundSessions() {
    return List.of(
        new Frame.Hello(helloMessage(NONCE)),
        new Frame.Welcome(welcomeMessage(NONCE, TOKEN)),
        new Frame.Reset(Reset.newBuilder().setReason("why").build()),
        new Frame.Goodbye(Goodbye.getDefaultInstance()));
  }

  /** A copy whose content stays valid, and reading which changes nothing for others. */
  public static Frame copy(Frame frame) {
    if (!(frame instanceof Frame.Message message)) {
      return frame;
    }
    ByteBuffer piece = message.piece();
    ByteBuffer copied = ByteBuffer.allocate(piece.remaining()).put(piece.duplicate()).flip();
    return new Frame.Message(message.callId(), message.totalBytes(), message.compressed(), copied);
  }

  /** {@code frames} back to back, numbered from {@code sequence} on. */
  static byte[] inSession(List<Frame> frames, int sequence) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int next = sequence;
    for (Frame frame : frames) {
      all.writeBytes(bytes(copy(frame), next++));
    }
    return all.toByteArray();
  }

  public static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** The frames that lie back to back in {@code bytes}. */
  public static List<byte[]> split(byte[] bytes) {
    List<byte[]> frames = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    for (int at = 0; at < bytes.length; ) {
      int end = FrameHeader.end(buffer, at);
      frames.add(Arrays.copyOfRange(bytes, at, end));
      at = end;
    }
    return frames;
  }

  /** Any header and payload, with a checksum that is right. */
  static byte[] crafted(
      int type, int flags, int callId, int sequence, long token, int length, byte[] payload) {
    ByteBuffer out = ByteBuffer.allocate(FrameHeader.BYTES + payload.length);
    FrameHeader.write(out, type, flags, callId, sequence, token, length);
    out.put(payload);
    return sealed(out.array());
  }

  /** The same bytes with the checksum that belongs to them. */
  static byte[] sealed(byte[] frame) {
    ByteBuffer buffer = ByteBuffer.wrap(frame);
    int payload = frame.length - FrameHeader.BYTES;
    buffer.putInt(28, FrameHeader.checksum(buffer, 0, payload, new CRC32C()));
    return frame;
  }
}
