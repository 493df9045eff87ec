package com.limiquantix.agent.transport.internal.session;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Version 1 frames that wait to be sent. Every method is called under the endpoint's lock. */
final class V1Outbox {
  /** A frame, and who is told when it has left. */
  private static final class Waiting implements Sent {
    private final byte[] frame;
    private final @Nullable Runnable left;

    Waiting(byte[] frame, @Nullable Runnable left) {
      this.frame = frame;
      this.left = left;
    }

    @Override
    public void progressed() {
      if (left != null) {
        left.run();
      }
    }

    @Override
    public void lost() {
      progressed();
    }
  }

  private final int maxFrames;
  private final ArrayDeque<Waiting> frames = new ArrayDeque<>();
  private int sentOfHead;
  private boolean open;

  V1Outbox(int maxFrames) {
    this.maxFrames = maxFrames;
  }

  /** Takes frames from now on. */
  void open() {
    open = true;
  }

  boolean offer(byte[] frame, @Nullable Runnable left) {
    return open && frames.size() < maxFrames && frames.add(new Waiting(frame, left));
  }

  boolean isEmpty() {
    return frames.isEmpty();
  }

  /** Whether a frame has been sent in part. */
  boolean begun() {
    return sentOfHead > 0;
  }

  /**
   * Forgets all frames, also one that has begun, and takes no more: what follows is for another
   * peer, or of version 2, and who sends has not heard of it yet.
   */
  void close(List<Sent> dropped) {
    open = false;
    dropped.addAll(frames);
    frames.clear();
    sentOfHead = 0;
  }

  /** Appends what fits. */
  void fill(ByteBuffer out, List<Sent> progressed) {
    for (Waiting next = frames.peek(); next != null && out.hasRemaining(); next = frames.peek()) {
      int count = Math.min(out.remaining(), next.frame.length - sentOfHead);
      out.put(next.frame, sentOfHead, count);
      sentOfHead += count;
      if (sentOfHead == next.frame.length) {
        frames.remove();
        sentOfHead = 0;
        progressed.add(next);
      }
    }
  }
}
