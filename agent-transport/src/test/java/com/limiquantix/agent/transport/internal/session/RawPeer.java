package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameDecoder;
import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An end of a link that says what the test wants said, whether it is allowed or not, and writes
 * down the frames that it hears.
 */
public final class RawPeer implements LinkListener, FrameDecoder.Sink {
  private final Link link;
  private final FrameDecoder decoder;
  private final List<Frame> heard = new ArrayList<>();
  private final List<String> damages = new ArrayList<>();
  private long token;
  private int sequence = 1;
  private boolean closed;

  private RawPeer(Link link, FrameDecoder.Role role) {
    this.link = link;
    this.decoder = new FrameDecoder(role, 1 << 20);
    link.open(this);
  }

  /** The host's end of a link. */
  public static RawPeer host(Link link) {
    return new RawPeer(link, FrameDecoder.Role.HOST);
  }

  /** The agent's end of a link. */
  public static RawPeer agent(Link link) {
    return new RawPeer(link, FrameDecoder.Role.AGENT);
  }

  /** Host: says Hello, and hears nothing before the answer to it. */
  public void hello(long nonce) {
    decoder.expectWelcome(nonce);
    send(Frames.hello(nonce));
  }

  /** Agent: answers a Hello; what is sent after it belongs to that session. */
  public void welcome(Frame.Hello hello, long sessionToken) {
    decoder.expectSession(sessionToken);
    token = sessionToken;
    sequence = 1;
    send(Frames.welcome(hello.message().getNonce(), sessionToken));
  }

  /** Sends the next frame of the session. */
  public void send(Frame frame) {
    boolean counted = !(frame instanceof Frame.Reset || frame instanceof Frame.Goodbye);
    send(Frames.bytes(frame, token, counted ? sequence++ : 0));
  }

  /** Sends bytes as they are. */
  public void send(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      link.write(buffer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (buffer.hasRemaining()) {
      throw new IllegalStateException(buffer.remaining() + " bytes did not fit into the link");
    }
  }

  /** What was heard since the last call. */
  public List<Frame> heard() {
    List<Frame> all = List.copyOf(heard);
    heard.clear();
    return all;
  }

  /** What was heard that was no frame where one had to be. */
  public List<String> damages() {
    return damages;
  }

  /** The token of the session that this peer is in. */
  public long token() {
    return token;
  }

  public boolean isClosed() {
    return closed;
  }

  public void close() {
    link.close();
  }

  @Override
  public void onFrame(Frame frame) {
    heard.add(Frames.copy(frame));
    if (frame instanceof Frame.Welcome welcome && welcome.message().getToken() != 0) {
      token = welcome.message().getToken();
      sequence = 1;
      decoder.expectSession(token);
    }
  }

  @Override
  public void onDamage(String reason) {
    damages.add(reason);
  }

  @Override
  public void onStaleFrame(long staleToken) {}

  @Override
  public void onPeerPresent() {}

  @Override
  public void onBytes(ByteBuffer bytes) {
    decoder.feed(bytes, this);
  }

  @Override
  public void onWritable() {}

  @Override
  public void onPeerAbsent() {}

  @Override
  public void onClosed(@Nullable Throwable cause) {
    closed = true;
  }
}
