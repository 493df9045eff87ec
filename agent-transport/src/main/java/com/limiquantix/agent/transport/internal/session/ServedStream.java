package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import io.grpc.Status;

/**
 * Carries one served call to its host, in whatever protocol that speaks. Methods may be called from
 * any thread and never block.
 */
public interface ServedStream {
  /** What its host speaks. */
  ProtocolVersion protocol();

  /** Queues the answer's headers. Nothing is sent before {@link #flush}. */
  void sendHeaders(ResponseHeaders headers);

  /**
   * Queues a message. Nothing is sent before {@link #flush}.
   *
   * @param bytes the whole message; not changed any more
   * @return false if the budget has no room for it; then nothing was queued
   */
  boolean sendMessage(byte[] bytes, boolean compressed);

  /** Queues the trailers, behind which nothing comes. Nothing is sent before {@link #flush}. */
  void sendTrailers(CallTrailers trailers);

  /** Sends what is queued, as far as the link allows. */
  void flush();

  /** Gives the call up: tells the host, forgets what waits, and calls the listener no more. */
  void cancel(Status status);

  /** Whether a message would be sent soon; when it becomes true again the listener is told. */
  boolean isReady();

  /** Tells the listener once that the call takes messages. */
  void announceReady();

  /** The handler wants {@code count} more messages. */
  void request(int count);

  /** The handler has taken one message of {@code bytes}. */
  void consumed(int bytes);

  /** The largest headers or trailers that the host takes, in bytes. */
  int peerMaxHeaderBytes();
}
