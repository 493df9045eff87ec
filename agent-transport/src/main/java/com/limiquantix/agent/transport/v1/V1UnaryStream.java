package com.limiquantix.agent.transport.v1;

import com.limiquantix.agent.protocol.Limits;
import com.limiquantix.agent.protocol.MemoryBudget;
import com.limiquantix.agent.protocol.V1Row;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.transport.internal.session.CallStream;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** A request of version 1 while it is served: its outcome goes out as one frame. */
final class V1UnaryStream extends V1Stream {
  /** What a frame has beside the answer: the id, a time, tags and lengths. */
  private static final int ENVELOPE_BYTES = 1_024;

  private final String id;
  private final V1Row<?, ?> row;
  private final MemoryBudget budget;

  // Guarded by this.
  private byte @Nullable [] answer;
  private boolean over;

  V1UnaryStream(V1AgentRole role, String id, V1Row<?, ?> row, CallStream.Listener listener) {
    super(role, listener);
    this.id = id;
    this.row = row;
    this.budget = role.budget(row.method().getFullMethodName());
  }

  @Override
  public boolean sendMessage(byte[] bytes, boolean compressed) {
    checkPlain(compressed);
    if (bytes.length > Limits.V1_MAX_PAYLOAD_BYTES - ENVELOPE_BYTES) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(
              "an answer of "
                  + bytes.length
                  + " bytes, more than a version 1 frame holds; ask for less")
          .asRuntimeException();
    }
    synchronized (this) {
      if (over) {
        return true;
      }
      if (!budget.tryReserve(bytes.length)) {
        return false;
      }
      answer = bytes;
      return true;
    }
  }

  @Override
  public void sendTrailers(CallTrailers trailers) {
    Status status = Status.fromCodeValue(trailers.getCode());
    byte[] content;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      content = answer;
      answer = null;
    }
    if (status.isOk() && content != null) {
      byte[] frame = V1Frames.of(id, role.now(), row.answerCase(), content);
      leave(frame, content.length, true);
      return;
    }
    release(content);
    fail(
        status.isOk()
            ? Status.INTERNAL.withDescription("Completed without a response")
            : status.withDescription(trailers.getMessage()),
        true);
  }

  @Override
  public void cancel(Status status) {
    byte[] content;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      content = answer;
      answer = null;
    }
    release(content);
    fail(status, false);
  }

  private void fail(Status status, boolean tell) {
    byte[] frame = role.failure(id, row, status);
    if (budget.tryReserve(frame.length)) {
      leave(frame, frame.length, tell);
    } else {
      // The code alone is small enough to be sent without asking.
      leave(role.failure(id, row, status.withDescription(null)), 0, tell);
    }
  }

  /**
   * Sends the outcome.
   *
   * @param reserved bytes of the budget that it holds
   * @param tell whether the handler waits to hear that it left
   */
  private void leave(byte[] frame, int reserved, boolean tell) {
    Runnable left =
        () -> {
          budget.release(reserved);
          role.closed(this);
          if (tell) {
            listener.onTrailersSent();
          }
        };
    if (!role.send(frame, left)) {
      budget.release(reserved);
      role.closed(this);
      if (tell) {
        listener.onReset(
            Status.UNAVAILABLE.withDescription("the host takes no answers of version 1 any more"));
      }
    }
  }

  private void release(byte @Nullable [] content) {
    if (content != null) {
      budget.release(content.length);
    }
  }

  @Override
  void abandon(Status reason) {
    byte[] content;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      content = answer;
      answer = null;
    }
    release(content);
    listener.onReset(reason);
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void announceReady() {
    // Nobody waits for it to send one message.
  }
}
