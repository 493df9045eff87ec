package com.limiquantix.agent.transport.grpc;

import io.grpc.Metadata;
import io.grpc.Status;

/** One callback of a call's listener, on either side. */
sealed interface Event {
  /** The client's {@code onHeaders}. */
  record Headers(Metadata metadata) implements Event {}

  /** {@code onMessage}, on either side. */
  record Message(String text) implements Event {}

  /** {@code onReady}, on either side. */
  record Ready() implements Event {}

  /** The server's {@code onHalfClose}. */
  record HalfClose() implements Event {}

  /** The server's {@code onCancel}. */
  record Cancel() implements Event {}

  /** The server's {@code onComplete}. */
  record Complete() implements Event {}

  /** The client's {@code onClose}. */
  record Close(Status status, Metadata trailers) implements Event {}
}
