package com.limiquantix.agent.transport.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.limiquantix.agent.protocol.Limits;
import com.limiquantix.agent.protocol.MemoryBudget;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.FakeTimers;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameDecoder;
import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.internal.frame.V1Sink;
import com.limiquantix.agent.transport.v1.V1AgentRole;
import com.limiquantix.agent.transport.v1.V1HostRole;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All that reads version 1 at one end of a link, from the decoder to the calls that requests
 * become, put together as an endpoint does it. Checks all the while that
 *
 * <ul>
 *   <li>nothing is thrown,
 *   <li>no more memory is taken than has arrived twice over and than was reserved,
 *   <li>what is delivered stands in the stream, one behind the other, and nothing of it behind a
 *       session of version 2 before the peer was gone,
 *   <li>what is sent is frames of version 1,
 *   <li>nothing stays reserved once the peer is gone, and the next peer's frame is found.
 * </ul>
 */
final class V1Watch implements FrameDecoder.Sink, V1Sink, V1Assembler.Receiver, V1AgentRole.Calls {
  private static final int MAX_FRAME_BYTES = 8_192;
  private static final int MAX_TAKEN_BYTES = 16_384;
  private static final int BUDGET_BYTES = 24_576;
  private static final int SMALL_BUDGET_BYTES = 1_536;
  private static final int MAX_CALLS = 5;

  /** What is allocated for a frame before any of it has come. */
  private static final int FIRST_BYTES = 4_096;

  private static final Status GONE = Status.UNAVAILABLE.withDescription("gone");

  /**
   * What came out of the stream.
   *
   * @param bytes the payload, or its beginning if the frame was skipped
   * @param length bytes of the whole payload
   */
  record Delivered(ByteString bytes, int length) {}

  /** All that happened, for comparison. */
  final List<String> log = new ArrayList<>();

  final List<Delivered> delivered = new ArrayList<>();

  private final FrameDecoder.Role side;
  private final boolean v2;
  private final boolean takesCalls;
  private final BufferBudget budget = new BufferBudget(BUDGET_BYTES);
  private final BufferBudget small = new BufferBudget(SMALL_BUDGET_BYTES);
  private final V1Assembler assembler = new V1Assembler(budget, small, MAX_TAKEN_BYTES, this);
  private final V1Role role;
  private final FrameDecoder decoder;

  // What has arrived since a peer was last gone, and where in it the last frame ends.
  private byte[] stream = new byte[1024];
  private int streamBytes;
  private int end;
  private boolean session;

  private boolean begun;
  private int length;
  private int count;
  private int calls;
  private int answers;

  V1Watch(FrameDecoder.Role side, boolean v2, boolean takesCalls) {
    this.side = side;
    this.v2 = v2;
    this.takesCalls = takesCalls;
    FakeTimers timers = new FakeTimers();
    this.role =
        side == FrameDecoder.Role.AGENT
            ? new V1AgentRole(this::send, this, timers, () -> Instant.EPOCH)
            : new V1HostRole(
                this::send,
                timers,
                () -> Instant.EPOCH,
                budget,
                TransportLimits.DEFAULT,
                MAX_TAKEN_BYTES);
    this.decoder = new FrameDecoder(side, MAX_FRAME_BYTES, MAX_FRAME_BYTES, v2, this);
    listen();
  }

  private void listen() {
    if (v2 && side == FrameDecoder.Role.HOST) {
      decoder.expectWelcome(Frames.NONCE);
    }
  }

  /** The next bytes arrive in one piece. */
  void arrive(byte[] bytes) {
    if (streamBytes + bytes.length > stream.length) {
      stream = Arrays.copyOf(stream, 2 * (streamBytes + bytes.length));
    }
    System.arraycopy(bytes, 0, stream, streamBytes, bytes.length);
    streamBytes += bytes.length;
    ByteBuffer piece = ByteBuffer.wrap(bytes);
    decoder.feed(piece, this);

    check(!piece.hasRemaining(), "bytes are left over");
    check(decoder.heldCapacityBytes() <= MAX_FRAME_BYTES + 32, "more than one frame is held");
  }

  void stall() {
    decoder.onStall(this);
  }

  void peerGoes() {
    decoder.reset();
    role.end(GONE);
    listen();
    log.add("gone");
    session = false;
    streamBytes = 0;
    end = 0;

    assertThat(begun).isFalse();
    assertThat(budget.usedBytes()).as("budget").isZero();
    assertThat(small.usedBytes()).as("budget for small frames").isZero();
    assertThat(decoder.incomplete()).isFalse();
  }

  /** The first thing that a new peer says is heard. */
  void findsFrame(byte[] frame) {
    int before = delivered.size();
    arrive(frame);
    assertThat(delivered).hasSize(before + 1);
    peerGoes();
  }

  @Override
  public void onV1Begin(int frameLength) {
    assertThat(begun).isFalse();
    assertThat(frameLength).isBetween(1, Limits.V1_MAX_PAYLOAD_BYTES);
    begun = true;
    length = frameLength;
    count = 0;
    assembler.onV1Begin(frameLength);
    assertBounded();
  }

  @Override
  public void onV1Bytes(ByteBuffer part) {
    count += part.remaining();
    check(begun && count <= length, "bytes beyond the payload");
    assembler.onV1Bytes(part);
    assertBounded();
  }

  private void assertBounded() {
    int taken = assembler.v1Held().array().length;
    check(taken <= Math.min(length, MAX_TAKEN_BYTES), "more is taken than was reserved");
    check(taken <= Math.max(FIRST_BYTES, 2 * count), "more is taken than what came twice over");
  }

  /** Where it is asked with every byte, and a sentence need not be made of it. */
  private static void check(boolean kept, String broken) {
    if (!kept) {
      throw new AssertionError(broken);
    }
  }

  @Override
  public void onV1End() {
    assertThat(begun).isTrue();
    assertThat(count).isEqualTo(length);
    begun = false;
    assembler.onV1End();
  }

  @Override
  public void onV1Abandoned() {
    assertThat(begun).isTrue();
    begun = false;
    assembler.onV1Abandoned();
    log.add("abandoned");
  }

  @Override
  public ByteBuffer v1Held() {
    return assembler.v1Held();
  }

  @Override
  public void onV1Payload(V1Payload payload) {
    assertThat(payload.length()).isEqualTo(length).isLessThanOrEqualTo(MAX_TAKEN_BYTES);
    deliver("payload", Arrays.copyOf(payload.bytes(), payload.length()));
    log.add(role.onPayload(payload).name());
  }

  @Override
  public void onV1Refused(byte[] head, Status reason) {
    assertThat(reason.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    deliver("refused", head);
    role.onRefused(head, reason);
  }

  private void deliver(String what, byte[] bytes) {
    assertThat(session).as("a session of version 2 was seen").isFalse();
    log.add(what + " " + length + " " + Arrays.hashCode(bytes));
    delivered.add(new Delivered(ByteString.copyFrom(bytes), length));
    while (!standsAtEnd(bytes)) {
      end++;
      assertThat(end).as("the place of %d bytes", length).isLessThan(streamBytes);
    }
    end += Limits.V1_HEADER_BYTES + length;
  }

  private boolean standsAtEnd(byte[] bytes) {
    int content = end + Limits.V1_HEADER_BYTES;
    ByteBuffer all = ByteBuffer.wrap(stream);
    return streamBytes - content >= length
        && all.getInt(end) == 0x51545801
        && all.getInt(end + 4) == length
        && all.slice(content, bytes.length).equals(ByteBuffer.wrap(bytes));
  }

  /** Every fifth answer to a call is too much for a peer that does not read. */
  private boolean send(byte[] frame, @Nullable Runnable left) {
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    assertThat(bytes.getInt()).isEqualTo(0x51545801);
    assertThat(bytes.getInt()).isEqualTo(bytes.remaining()).isLessThan(8_192);
    try {
      log.add("sent " + AgentMessage.parseFrom(bytes).getPayloadCase());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("what is sent is no message", e);
    }
    if (left == null) {
      return true;
    }
    answers++;
    if (answers % 5 == 0) {
      return false;
    }
    left.run();
    return true;
  }

  @Override
  public Optional<CallStream.Listener> open(
      String fullMethodName, Function<CallStream.Listener, ? extends ServedStream> streams) {
    log.add("call of " + fullMethodName);
    if (!takesCalls) {
      return Optional.empty();
    }
    calls++;
    Handler handler = new Handler(calls);
    handler.stream = streams.apply(handler);
    return Optional.of(handler);
  }

  @Override
  public MemoryBudget budget(String fullMethodName) {
    return budget;
  }

  @Override
  public int maxCalls(String fullMethodName) {
    return MAX_CALLS;
  }

  /** Answers, fails or leaves the host waiting, in turn. */
  private static final class Handler implements CallStream.Listener {
    /** An answer that is one of every type. */
    private static final byte[] UNKNOWN_FIELD = {15 << 3 | 2, 1, 0};

    private final int number;
    private @Nullable ServedStream stream;
    private @Nullable InboundMessage request;

    Handler(int number) {
      this.number = number;
    }

    @Override
    public void onMessage(InboundMessage message) {
      request = message;
      assertThat(message.content())
          .satisfies(in -> assertThat(in.readAllBytes()).hasSize(message.totalBytes()));
    }

    @Override
    public void onHalfClose() {
      ServedStream to = stream;
      if (to == null || number % 3 == 0) {
        return;
      }
      release();
      if (number % 3 == 1) {
        boolean room = to.sendMessage(UNKNOWN_FIELD.clone(), false);
        to.sendTrailers(CallTrailers.newBuilder().setCode(room ? 0 : 8).build());
      } else {
        to.cancel(Status.INTERNAL.withDescription("a handler that fails"));
      }
    }

    @Override
    public void onReset(Status status) {
      release();
    }

    private void release() {
      if (request != null) {
        request.release();
      }
    }

    @Override
    public void onHeaders(ResponseHeaders headers) {
      throw new AssertionError("an agent gets no headers");
    }

    @Override
    public void onTrailers(CallTrailers trailers) {
      throw new AssertionError("an agent gets no trailers");
    }

    @Override
    public void onReady() {}

    @Override
    public void onTrailersSent() {}
  }

  @Override
  public void onFrame(Frame frame) {
    log.add("frame of version 2 " + frame.getClass().getSimpleName());
    if (frame instanceof Frame.Hello || frame instanceof Frame.Welcome) {
      session = true;
      role.end(GONE);
      decoder.expectSession(Frames.TOKEN);
    }
  }

  @Override
  public void onDamage(String reason) {
    log.add("damage: " + reason);
    if (side == FrameDecoder.Role.AGENT) {
      decoder.expectHello();
    } else {
      decoder.expectWelcome(Frames.NONCE);
    }
  }

  @Override
  public void onStaleFrame(long token) {
    session = true;
    log.add("stale " + token);
  }
}
