package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameCodec;
import com.limiquantix.agent.transport.internal.frame.FrameException;
import io.grpc.Status;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What arrives for a call: in which order it may, the messages it makes, and the credit that the
 * peer has for more.
 *
 * <p>Every method is called under the endpoint's lock.
 */
final class InboundSide {

  /** What a peer may overdraw its credit by: the frame around the last piece. */
  private static final int OVERDRAFT_BYTES =
      FrameCodec.HEADER_BYTES + FrameCodec.MESSAGE_PREFIX_BYTES;

  /** What has come. */
  private enum Arrived {
    NOTHING,
    /** An answer's headers, or messages. */
    BEGUN,
    /** A half close, or trailers. */
    ALL
  }

  private final BufferBudget budget;
  private final TransportLimits limits;
  private final int maxMessageBytes;
  private Arrived arrived = Arrived.NOTHING;
  private int demand;
  private int window;
  private long outstandingCredit;
  private long unconsumedBytes;
  private InboundMessage.@Nullable Builder assembling;

  /**
   * @param maxMessageBytes larger messages are refused
   */
  InboundSide(BufferBudget budget, TransportLimits limits, int maxMessageBytes) {
    this.budget = budget;
    this.limits = limits;
    this.maxMessageBytes = maxMessageBytes;
    this.window = limits.initialCallCredit();
    this.outstandingCredit = window;
  }

  /** The application wants {@code count} more messages. */
  void request(int count) {
    demand = (int) Math.min(Integer.MAX_VALUE, (long) demand + count);
  }

  /** The application has taken one message of {@code bytes}. */
  void consumed(int bytes) {
    demand--;
    unconsumedBytes -= CallStream.cost(bytes);
  }

  /** What to grant together with the call's opening, on top of what every call begins with. */
  int grantAtOnce() {
    if (demand <= 0) {
      return 0;
    }
    window = limits.callWindow();
    long granted = window - outstandingCredit;
    outstandingCredit = window;
    return (int) granted;
  }

  /** Whether the peer needs more credit. Only a call that is read gives any. */
  boolean creditIsDue() {
    if (demand <= 0) {
      return false;
    }
    InboundMessage.Builder partial = assembling;
    boolean low = outstandingCredit < window / 2;
    boolean tooLittle = partial != null && partial.missingBytes() > outstandingCredit;
    if ((low || tooLittle) && wantedCredit() > 0) {
      window = limits.callWindow();
      return true;
    }
    return false;
  }

  private long wantedCredit() {
    return limits.callWindow() - unconsumedBytes - outstandingCredit;
  }

  /** What to grant now, at least 1. */
  int creditToGrant() {
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, wantedCredit()));
  }

  /** That was granted. */
  void creditGranted() {
    outstandingCredit += creditToGrant();
  }

  /**
   * The answer's headers arrived.
   *
   * @throws FrameException if that is not their place
   */
  void headersArrived() throws FrameException {
    if (arrived != Arrived.NOTHING) {
      throw new FrameException("headers of an answer that has begun");
    }
    arrived = Arrived.BEGUN;
  }

  /**
   * Nothing of the call comes any more.
   *
   * @throws FrameException if that was said before, or a message is not complete
   */
  void allArrived() throws FrameException {
    if (arrived == Arrived.ALL) {
      throw new FrameException("a side of a call that ends twice");
    }
    if (assembling != null) {
      throw new FrameException("a side of a call that ends within a message");
    }
    arrived = Arrived.ALL;
  }

  /**
   * Takes a piece off the peer's credit.
   *
   * @throws FrameException if the peer may not send it
   */
  void count(Frame.Message piece) throws FrameException {
    if (arrived == Arrived.ALL) {
      throw new FrameException("a message behind the end of its side");
    }
    arrived = Arrived.BEGUN;
    outstandingCredit -= FrameCodec.encodedSize(piece);
    if (outstandingCredit < -OVERDRAFT_BYTES) {
      throw new FrameException("more bytes for a call than its credit");
    }
  }

  /**
   * Makes room for the message that begins with {@code piece}.
   *
   * @return why there is none, or null
   * @throws FrameException if no message may begin here
   */
  @Nullable Status begin(Frame.Message piece) throws FrameException {
    if (assembling != null) {
      throw new FrameException("a message begins before the one before has ended");
    }
    int total = piece.totalBytes();
    if (total > maxMessageBytes) {
      return Status.RESOURCE_EXHAUSTED.withDescription(
          "gRPC message exceeds maximum size " + maxMessageBytes + ": " + total);
    }
    if (!budget.tryReserve(CallStream.cost(total))) {
      return Status.RESOURCE_EXHAUSTED.withDescription(
          "no room for a message of "
              + total
              + " bytes: all buffers together may take "
              + budget.limitBytes()
              + " bytes and hold "
              + budget.usedBytes()
              + "; try again when other calls have ended");
    }
    assembling = new InboundMessage.Builder(total, piece.compressed(), budget);
    return null;
  }

  /**
   * Adds bytes to the message that has begun.
   *
   * @return the message, if that was its last piece
   * @throws FrameException if there is no message, or it has no room for so many
   */
  @Nullable InboundMessage append(ByteBuffer bytes) throws FrameException {
    InboundMessage.Builder builder = assembling;
    if (builder == null || bytes.remaining() > builder.missingBytes()) {
      throw new FrameException("bytes that belong to no message");
    }
    builder.add(bytes);
    if (builder.missingBytes() > 0) {
      return null;
    }
    assembling = null;
    InboundMessage complete = builder.build();
    unconsumedBytes += CallStream.cost(complete.totalBytes());
    return complete;
  }

  /** Gives back what a message takes that will not be completed. */
  void abandon() {
    if (assembling != null) {
      assembling.abandon();
      assembling = null;
    }
  }
}
