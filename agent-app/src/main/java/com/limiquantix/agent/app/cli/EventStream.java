package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A subscription. One event at a time is asked for, so that a terminal that stands still does not
 * fill our memory: the agent then drops what is old, and says so. It ends with its channel. One
 * thread.
 */
final class EventStream {

  /** What comes next. */
  sealed interface Next {
    /** Something happened in the guest. */
    record Happened(Event event) implements Next {}

    /** The agent or the transport ended the subscription. */
    record Ended(Status status) implements Next {}

    /** We were told to end. */
    record Signalled(Signal signal) implements Next {}
  }

  private final BlockingQueue<Next> queue = new LinkedBlockingQueue<>();
  private final ClientCall<SubscribeRequest, Event> call;

  EventStream(Channel channel, SubscribeRequest request, CompletionStage<Signal> signal) {
    call = channel.newCall(EventServiceGrpc.getSubscribeMethod(), UnaryCall.OPTIONS);
    call.start(new Receiver(queue), new Metadata());
    call.sendMessage(request);
    call.halfClose();
    signal.thenAccept(number -> queue.add(new Next.Signalled(number)));
  }

  private static final class Receiver extends ClientCall.Listener<Event> {
    private final BlockingQueue<Next> queue;

    Receiver(BlockingQueue<Next> queue) {
      this.queue = queue;
    }

    @Override
    public void onMessage(Event event) {
      queue.add(new Next.Happened(event));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      queue.add(new Next.Ended(status));
    }
  }

  /** Asks for one more event and waits for it or for an end. */
  Next next() throws InterruptedException {
    call.request(1);
    return queue.take();
  }
}
