package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** An event service whose subscriptions go as a test says, one after the other. */
final class FakeEvents extends EventServiceGrpc.EventServiceImplBase {
  private record Script(List<Event> events, @Nullable Status end) {}

  final BlockingQueue<SubscribeRequest> requests = new LinkedBlockingQueue<>();
  final BlockingQueue<Boolean> cancelled = new LinkedBlockingQueue<>();
  private final Deque<Script> scripts = new ArrayDeque<>();
  private int sent;

  /** The next subscription gets these events, when it can take them, and stays open. */
  FakeEvents thenOpen(Event... events) {
    scripts.add(new Script(List.of(events), null));
    return this;
  }

  /** The next subscription gets these events and this end. */
  FakeEvents thenEnding(Status end, Event... events) {
    scripts.add(new Script(List.of(events), end));
    return this;
  }

  /** How many events were sent. */
  synchronized int sent() {
    return sent;
  }

  @Override
  public void subscribe(SubscribeRequest request, StreamObserver<Event> responses) {
    Script script = scripts.remove();
    Deque<Event> left = new ArrayDeque<>(script.events());
    ServerCallStreamObserver<Event> observer = (ServerCallStreamObserver<Event>) responses;
    observer.setOnCancelHandler(() -> cancelled.add(true));
    requests.add(request);
    if (left.isEmpty()) {
      end(script.end(), observer);
    } else {
      observer.setOnReadyHandler(() -> send(left, script.end(), observer));
    }
  }

  private synchronized void send(
      Deque<Event> left, @Nullable Status end, ServerCallStreamObserver<Event> observer) {
    while (observer.isReady() && !left.isEmpty()) {
      sent++;
      observer.onNext(left.remove());
      if (left.isEmpty()) {
        end(end, observer);
      }
    }
  }

  private static void end(@Nullable Status end, ServerCallStreamObserver<Event> observer) {
    if (end != null && end.isOk()) {
      observer.onCompleted();
    } else if (end != null) {
      observer.onError(end.asException());
    }
  }
}
