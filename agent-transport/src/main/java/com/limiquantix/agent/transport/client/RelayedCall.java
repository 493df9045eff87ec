package com.limiquantix.agent.transport.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * One call that is passed on. A message is asked of one side only while the other takes messages
 * without queueing them, so at most one waits here in each direction. Deadline and cancellation of
 * the server's call reach the channel's through the {@link io.grpc.Context} that both share.
 */
final class RelayedCall {
  private final ServerCall<byte[], byte[]> from;
  private final ClientCall<byte[], byte[]> to;
  private final Demand requests = new Demand();
  private final Demand answers = new Demand();

  private RelayedCall(ServerCall<byte[], byte[]> from, ClientCall<byte[], byte[]> to) {
    this.from = from;
    this.to = to;
  }

  /** Whether a side still owes a request for the next message because the other was not ready. */
  private static final class Demand {
    private boolean owed;

    synchronized boolean take() {
      boolean was = owed;
      owed = false;
      return was;
    }

    synchronized void owe() {
      owed = true;
    }
  }

  static ServerCall.Listener<byte[]> start(
      Channel channel,
      MethodDescriptor<byte[], byte[]> method,
      ServerCall<byte[], byte[]> from,
      Metadata headers) {
    RelayedCall call = new RelayedCall(from, channel.newCall(method, CallOptions.DEFAULT));
    call.to.start(call.new Answers(), headers);
    call.from.request(1);
    call.to.request(1);
    return call.new Requests();
  }

  private void askForRequest() {
    requests.owe();
    if (to.isReady() && requests.take()) {
      from.request(1);
    }
  }

  private void askForAnswer() {
    answers.owe();
    if (from.isReady() && answers.take()) {
      to.request(1);
    }
  }

  /** What the process that shares the channel does. */
  private final class Requests extends ServerCall.Listener<byte[]> {
    @Override
    public void onMessage(byte[] message) {
      to.sendMessage(message);
      askForRequest();
    }

    @Override
    public void onHalfClose() {
      to.halfClose();
    }

    @Override
    public void onCancel() {
      to.cancel("the process that made the call has cancelled it or gone", null);
    }

    @Override
    public void onReady() {
      if (answers.take()) {
        to.request(1);
      }
    }
  }

  /** What the agent does. */
  private final class Answers extends ClientCall.Listener<byte[]> {
    @Override
    public void onHeaders(Metadata headers) {
      from.sendHeaders(headers);
    }

    @Override
    public void onMessage(byte[] message) {
      from.sendMessage(message);
      askForAnswer();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      from.close(status, trailers);
    }

    @Override
    public void onReady() {
      if (requests.take()) {
        from.request(1);
      }
    }
  }
}
