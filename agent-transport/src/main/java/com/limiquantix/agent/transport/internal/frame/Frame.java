package com.limiquantix.agent.transport.internal.frame;

import com.limiquantix.agent.protocol.v2.CallCancel;
import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import java.nio.ByteBuffer;

/** One unit of the version 2 wire format. */
public sealed interface Frame {

  /** Frames that belong to one call. */
  sealed interface OfCall extends Frame {
    /** The call's id: never 0, unique among the session's open calls, chosen by the host. */
    int callId();
  }

  /** Host to agent: begins a session. The only frame without a token. */
  record Hello(com.limiquantix.agent.protocol.v2.Hello message) implements Frame {}

  /** Agent to host: answers a Hello. */
  record Welcome(com.limiquantix.agent.protocol.v2.Welcome message) implements Frame {}

  /** Agent to host: the session is over, begin a new one. */
  record Reset(com.limiquantix.agent.protocol.v2.Reset message) implements Frame {}

  /** Either side: the session ends in order. */
  record Goodbye(com.limiquantix.agent.protocol.v2.Goodbye message) implements Frame {}

  /**
   * Either side: asks for a {@link Pong} with the same value.
   *
   * @param value the asker's own, told back unchanged
   */
  record Ping(long value) implements Frame {}

  /** Answers a {@link Ping}. */
  record Pong(long value) implements Frame {}

  /**
   * Allows the receiver to send more bytes.
   *
   * @param callId the call it is for, or 0 for the session as a whole
   * @param bytes how many more, 1 to {@link Integer#MAX_VALUE}
   */
  record Credit(int callId, int bytes) implements Frame {}

  /** Host to agent: opens a call. */
  record Open(int callId, CallHeaders message) implements OfCall {}

  /** Agent to host: the answer's headers. */
  record Headers(int callId, ResponseHeaders message) implements OfCall {}

  /**
   * A message of a call or one piece of it. The pieces of a message follow each other within their
   * call.
   *
   * @param totalBytes length of the whole message when this is its first piece, else -1
   * @param compressed whether the message is compressed; told with the first piece
   * @param piece the bytes, from position to limit; valid only until the receiver returns
   */
  record Message(int callId, int totalBytes, boolean compressed, ByteBuffer piece)
      implements OfCall {
    /** Whether a new message begins here. */
    public boolean first() {
      return totalBytes >= 0;
    }
  }

  /** Host to agent: no further message will come. */
  record HalfClose(int callId) implements OfCall {}

  /** Agent to host: the call has ended. */
  record Trailers(int callId, CallTrailers message) implements OfCall {}

  /** Either side: the call is given up. */
  record Cancel(int callId, CallCancel message) implements OfCall {}
}
