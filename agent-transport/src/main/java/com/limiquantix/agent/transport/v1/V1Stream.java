package com.limiquantix.agent.transport.v1;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.protocol.v2.ResponseHeaders;
import com.limiquantix.agent.transport.internal.session.CallStream;
import com.limiquantix.agent.transport.internal.session.ServedStream;
import io.grpc.Status;

/** A served call of which version 1 carries less than gRPC knows: no headers, no credit. */
abstract class V1Stream implements ServedStream {
  final V1AgentRole role;
  final CallStream.Listener listener;

  V1Stream(V1AgentRole role, CallStream.Listener listener) {
    this.role = role;
    this.listener = listener;
  }

  /** The host is gone, or speaks version 2 now. */
  abstract void abandon(Status reason);

  @Override
  public final ProtocolVersion protocol() {
    return ProtocolVersion.V1;
  }

  @Override
  public final void sendHeaders(ResponseHeaders headers) {
    // Version 1 has no place for them.
  }

  @Override
  public final void flush() {
    // What is sent goes at once.
  }

  @Override
  public final void request(int count) {
    // The request is there already.
  }

  @Override
  public final void consumed(int bytes) {
    // Nobody waits for credit.
  }

  @Override
  public final int peerMaxHeaderBytes() {
    return Integer.MAX_VALUE;
  }

  static void checkPlain(boolean compressed) {
    if (compressed) {
      throw Status.INTERNAL
          .withDescription("an answer is compressed, which version 1 does not know")
          .asRuntimeException();
    }
  }
}
