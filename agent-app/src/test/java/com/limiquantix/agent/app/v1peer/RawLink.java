package com.limiquantix.agent.app.v1peer;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A connection on which both versions can be spoken at once, and every frame is seen. */
public final class RawLink implements AutoCloseable {
  private final UnixStreams streams;
  private final DataInputStream in;
  private final OutputStream out;

  private RawLink(UnixStreams streams) {
    this.streams = streams;
    this.in = new DataInputStream(streams.input());
    this.out = streams.output();
  }

  /**
   * A frame of either version.
   *
   * @param type of a frame of version 2; 0 for version 1
   * @param token of a frame of version 2; 0 for version 1
   * @param payload as fields; none for what is not a message
   */
  public record Seen(int version, int type, long token, ProtoFields payload) {
    /** The AgentMessage's payload in a frame of version 1; 0 for version 2. */
    public int v1Payload() {
      return version == 1 ? payload.ids().get(payload.ids().size() - 1) : 0;
    }
  }

  /** Connects to a listening socket. */
  public static RawLink connect(Path socket) throws IOException {
    return new RawLink(UnixStreams.connect(socket));
  }

  /** Sends bytes, whatever they are. */
  public void send(byte[]... parts) throws IOException {
    out.write(V1Frames.join(parts));
  }

  /**
   * The next frame; blocks until it is there.
   *
   * @throws IllegalStateException if what comes is no frame
   */
  public Seen next() throws IOException {
    int magic = in.readInt();
    if (magic == V1Frames.MAGIC) {
      return new Seen(1, 0, 0, ProtoFields.read(bytes(in.readInt())));
    }
    if (magic != V2Frames.MAGIC) {
      throw new IllegalStateException("no frame: " + Integer.toHexString(magic));
    }
    ByteBuffer rest = ByteBuffer.wrap(bytes(V2Frames.HEADER_BYTES - Integer.BYTES));
    int type = rest.get(V2Frames.TYPE_AT - Integer.BYTES);
    long token = rest.getLong(V2Frames.TOKEN_AT - Integer.BYTES);
    byte[] payload = bytes(rest.getInt(V2Frames.LENGTH_AT - Integer.BYTES));
    boolean message = type <= V2Frames.RESET;
    ProtoFields fields = ProtoFields.read(message ? payload : new byte[0]);
    // A Welcome carries the token in its payload only.
    return new Seen(2, type, type == V2Frames.WELCOME ? fields.fixed(2) : token, fields);
  }

  private byte[] bytes(int length) throws IOException {
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  @Override
  public void close() throws IOException {
    streams.close();
  }
}
