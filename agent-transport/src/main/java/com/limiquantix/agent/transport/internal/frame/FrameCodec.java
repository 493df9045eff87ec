package com.limiquantix.agent.transport.internal.frame;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.limiquantix.agent.protocol.v2.CallCancel;
import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Turns frames into bytes and bytes into frames. Encoding has two steps, so that the checksum can
 * be computed without the lock under which frames are put in order: {@code encode} and then {@link
 * #seal}.
 */
public final class FrameCodec {
  /** Bytes in front of every payload. */
  public static final int HEADER_BYTES = FrameHeader.BYTES;

  /** Bytes in front of a message's first piece: its whole length. */
  public static final int MESSAGE_PREFIX_BYTES = 4;

  /**
   * Largest payload that any implementation may ask for. What a session really uses is negotiated
   * and far smaller.
   */
  public static final int MAX_PAYLOAD_BYTES = 1 << 20;

  /** Largest payload of a Hello or a Welcome, so that a search for one never waits for more. */
  public static final int MAX_HANDSHAKE_BYTES = 4096;

  private FrameCodec() {}

  /** Bytes that {@code frame} takes on the wire. */
  public static int encodedSize(Frame frame) {
    return HEADER_BYTES + payloadSize(frame);
  }

  private static int payloadSize(Frame frame) {
    if (frame instanceof Frame.Message m) {
      return (m.first() ? MESSAGE_PREFIX_BYTES : 0) + m.piece().remaining();
    }
    if (frame instanceof Frame.Ping || frame instanceof Frame.Pong) {
      return Long.BYTES;
    }
    if (frame instanceof Frame.Credit) {
      return Integer.BYTES;
    }
    if (frame instanceof Frame.HalfClose) {
      return 0;
    }
    return messageOf(frame).getSerializedSize();
  }

  /**
   * Appends {@code frame} to {@code out}, checksum still missing. The piece of a message is
   * consumed.
   *
   * @param token the session's token; 0 for a Hello or Welcome
   * @param sequence the frame's number; 0 for a Hello, Welcome, Reset or Goodbye
   * @throws java.nio.BufferOverflowException if {@code out} has less room than {@link #encodedSize}
   */
  public static void encode(Frame frame, long token, int sequence, ByteBuffer out) {
    int callId =
        frame instanceof Frame.OfCall call
            ? call.callId()
            : frame instanceof Frame.Credit credit ? credit.callId() : 0;
    FrameHeader.write(
        out, typeOf(frame), flagsOf(frame), callId, sequence, token, payloadSize(frame));
    if (frame instanceof Frame.Message m) {
      if (m.first()) {
        out.putInt(m.totalBytes());
      }
      out.put(m.piece());
    } else if (frame instanceof Frame.Ping ping) {
      out.putLong(ping.value());
    } else if (frame instanceof Frame.Pong pong) {
      out.putLong(pong.value());
    } else if (frame instanceof Frame.Credit credit) {
      out.putInt(credit.bytes());
    } else if (!(frame instanceof Frame.HalfClose)) {
      write(messageOf(frame), out);
    }
  }

  /** Fills in the checksums of all frames that lie between {@code from} and {@code to}. */
  public static void seal(ByteBuffer buffer, int from, int to, CRC32C crc) {
    for (int at = from; at < to; ) {
      at = FrameHeader.seal(buffer, at, crc);
    }
  }

  /** Where the encoded frame that begins at {@code at} ends. */
  public static int endOfFrame(ByteBuffer buffer, int at) {
    return FrameHeader.end(buffer, at);
  }

  private static void write(MessageLite message, ByteBuffer out) {
    try {
      CodedOutputStream coded = CodedOutputStream.newInstance(out);
      message.writeTo(coded);
      coded.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int flagsOf(Frame frame) {
    if (frame instanceof Frame.Message m && m.first()) {
      return FrameHeader.FLAG_FIRST | (m.compressed() ? FrameHeader.FLAG_COMPRESSED : 0);
    }
    return 0;
  }

  private static int typeOf(Frame frame) {
    if (frame instanceof Frame.Message) {
      return FrameHeader.MESSAGE;
    } else if (frame instanceof Frame.Credit) {
      return FrameHeader.CREDIT;
    } else if (frame instanceof Frame.Open) {
      return FrameHeader.OPEN;
    } else if (frame instanceof Frame.Headers) {
      return FrameHeader.HEADERS;
    } else if (frame instanceof Frame.HalfClose) {
      return FrameHeader.HALF_CLOSE;
    } else if (frame instanceof Frame.Trailers) {
      return FrameHeader.TRAILERS;
    } else if (frame instanceof Frame.Cancel) {
      return FrameHeader.CANCEL;
    } else if (frame instanceof Frame.Ping) {
      return FrameHeader.PING;
    } else if (frame instanceof Frame.Pong) {
      return FrameHeader.PONG;
    } else if (frame instanceof Frame.Hello) {
      return FrameHeader.HELLO;
    } else if (frame instanceof Frame.Welcome) {
      return FrameHeader.WELCOME;
    } else if (frame instanceof Frame.Reset) {
      return FrameHeader.RESET;
    }
    return FrameHeader.GOODBYE;
  }

  private static MessageLite messageOf(Frame frame) {
    if (frame instanceof Frame.Open open) {
      return open.message();
    } else if (frame instanceof Frame.Headers headers) {
      return headers.message();
    } else if (frame instanceof Frame.Trailers trailers) {
      return trailers.message();
    } else if (frame instanceof Frame.Cancel cancel) {
      return cancel.message();
    } else if (frame instanceof Frame.Hello hello) {
      return hello.message();
    } else if (frame instanceof Frame.Welcome welcome) {
      return welcome.message();
    } else if (frame instanceof Frame.Reset reset) {
      return reset.message();
    } else if (frame instanceof Frame.Goodbye goodbye) {
      return goodbye.message();
    }
    throw new IllegalArgumentException("no message in " + frame.getClass().getSimpleName());
  }

  /**
   * Interprets a payload whose checksum was right.
   *
   * @param payload from position to limit; a message's piece is a view into it
   * @throws FrameException if the type is unknown or the payload does not fit it
   */
  static Frame decode(FrameHeader header, ByteBuffer payload) throws FrameException {
    int type = header.type();
    if ((type >= FrameHeader.OPEN) == (header.callId() == 0) && type != FrameHeader.CREDIT) {
      throw new FrameException("frame type " + type + " with call id " + header.callId());
    }
    return switch (type) {
      case FrameHeader.MESSAGE -> message(header, payload);
      case FrameHeader.CREDIT -> credit(header, payload);
      case FrameHeader.OPEN ->
          new Frame.Open(header.callId(), parse(CallHeaders.parser(), payload));
      case FrameHeader.HEADERS ->
          new Frame.Headers(header.callId(), parse(ResponseHeaders.parser(), payload));
      case FrameHeader.HALF_CLOSE -> {
        exactly(header, payload, 0);
        yield new Frame.HalfClose(header.callId());
      }
      case FrameHeader.TRAILERS ->
          new Frame.Trailers(header.callId(), parse(CallTrailers.parser(), payload));
      case FrameHeader.CANCEL ->
          new Frame.Cancel(header.callId(), parse(CallCancel.parser(), payload));
      case FrameHeader.PING -> {
        exactly(header, payload, Long.BYTES);
        yield new Frame.Ping(payload.getLong());
      }
      case FrameHeader.PONG -> {
        exactly(header, payload, Long.BYTES);
        yield new Frame.Pong(payload.getLong());
      }
      case FrameHeader.HELLO ->
          new Frame.Hello(parse(com.limiquantix.agent.protocol.v2.Hello.parser(), payload));
      case FrameHeader.WELCOME ->
          new Frame.Welcome(parse(com.limiquantix.agent.protocol.v2.Welcome.parser(), payload));
      case FrameHeader.RESET ->
          new Frame.Reset(parse(com.limiquantix.agent.protocol.v2.Reset.parser(), payload));
      case FrameHeader.GOODBYE ->
          new Frame.Goodbye(parse(com.limiquantix.agent.protocol.v2.Goodbye.parser(), payload));
      default -> throw new FrameException("unknown frame type " + type);
    };
  }

  private static Frame message(FrameHeader header, ByteBuffer payload) throws FrameException {
    if ((header.flags() & FrameHeader.FLAG_FIRST) == 0) {
      return new Frame.Message(header.callId(), -1, false, payload);
    }
    if (payload.remaining() < MESSAGE_PREFIX_BYTES) {
      throw new FrameException("first piece of a message without its length");
    }
    int total = payload.getInt();
    if (total < 0) {
      throw new FrameException("message of " + Integer.toUnsignedString(total) + " bytes");
    }
    boolean compressed = (header.flags() & FrameHeader.FLAG_COMPRESSED) != 0;
    return new Frame.Message(header.callId(), total, compressed, payload);
  }

  private static Frame credit(FrameHeader header, ByteBuffer payload) throws FrameException {
    exactly(header, payload, Integer.BYTES);
    int bytes = payload.getInt();
    if (bytes <= 0) {
      throw new FrameException("credit of " + bytes + " bytes");
    }
    return new Frame.Credit(header.callId(), bytes);
  }

  private static void exactly(FrameHeader header, ByteBuffer payload, int bytes)
      throws FrameException {
    if (payload.remaining() != bytes) {
      throw new FrameException(
          "frame type " + header.type() + " with " + payload.remaining() + " bytes of payload");
    }
  }

  private static <M> M parse(Parser<M> parser, ByteBuffer payload) throws FrameException {
    try {
      return parser.parseFrom(payload);
    } catch (InvalidProtocolBufferException e) {
      throw new FrameException("payload is not the message that its frame announces");
    }
  }
}
