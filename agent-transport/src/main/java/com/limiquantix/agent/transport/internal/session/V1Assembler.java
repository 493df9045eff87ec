package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.internal.frame.V1Sink;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects version 1 frames. The length that a frame announces is reserved at once, but memory is
 * taken only as its bytes come; what is too large is skipped but for its first bytes.
 */
final class V1Assembler implements V1Sink {
  /** Takes what has been collected. */
  interface Receiver {
    /** A frame is whole. */
    void onV1Payload(V1Payload payload);

    /** A frame with this beginning was skipped. */
    void onV1Refused(byte[] head, Status reason);
  }

  /** Enough for the id of a frame that is skipped, its time, and what it asks for. */
  private static final int HEAD_BYTES = 512;

  private static final int FIRST_BYTES = 4_096;

  /** What a sign of life takes at most. */
  private static final int SMALL_BYTES = 1_024;

  private final BufferBudget budget;
  private final BufferBudget small;
  private final int maxBytes;
  private final Receiver receiver;

  private byte[] held = new byte[0];
  private int count;
  private int length;
  private BufferBudget holder;
  private @Nullable Status refusal;

  /**
   * @param small for frames of up to {@value #SMALL_BYTES} bytes that the budget has no room for
   * @param maxBytes the longest payload that is taken
   */
  V1Assembler(BufferBudget budget, BufferBudget small, int maxBytes, Receiver receiver) {
    this.budget = budget;
    this.small = small;
    this.holder = budget;
    this.maxBytes = maxBytes;
    this.receiver = receiver;
  }

  @Override
  public void onV1Begin(int frameLength) {
    length = frameLength;
    count = 0;
    refusal = reserve(frameLength);
    held = new byte[Math.min(frameLength, refusal == null ? FIRST_BYTES : HEAD_BYTES)];
  }

  private @Nullable Status reserve(int bytes) {
    if (bytes > maxBytes) {
      return Status.RESOURCE_EXHAUSTED.withDescription(
          "a message of " + bytes + " bytes, but at most " + maxBytes + " are taken: ask in parts");
    }
    holder = budget;
    if (!budget.tryReserve(bytes)) {
      holder = small;
      if (bytes <= SMALL_BYTES && small.tryReserve(bytes)) {
        return null;
      }
      return Status.RESOURCE_EXHAUSTED.withDescription(
          "no room for a message of "
              + bytes
              + " bytes: all buffers together may take "
              + budget.limitBytes()
              + " bytes; try again when other calls have ended");
    }
    return null;
  }

  @Override
  public void onV1Bytes(ByteBuffer part) {
    int wanted = refusal == null ? part.remaining() : Math.min(part.remaining(), rest());
    if (wanted > rest()) {
      long grown = Math.max(2L * held.length, (long) count + wanted);
      held = Arrays.copyOf(held, (int) Math.min(length, grown));
    }
    part.get(held, count, wanted);
    count += wanted;
  }

  private int rest() {
    return held.length - count;
  }

  @Override
  public void onV1End() {
    byte[] bytes = held;
    int size = count;
    Status reason = refusal;
    forget();
    if (reason == null) {
      receiver.onV1Payload(new V1Payload(bytes, size, holder));
    } else {
      receiver.onV1Refused(Arrays.copyOf(bytes, size), reason);
    }
  }

  @Override
  public void onV1Abandoned() {
    boolean reserved = refusal == null;
    int bytes = length;
    forget();
    if (reserved) {
      holder.release(bytes);
    }
  }

  private void forget() {
    held = new byte[0];
    count = 0;
    length = 0;
    refusal = null;
  }

  @Override
  public ByteBuffer v1Held() {
    return ByteBuffer.wrap(held, 0, refusal == null ? count : 0);
  }
}
