package com.limiquantix.agent.handlers.event;

import com.limiquantix.agent.protocol.v2.Event;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads events, as many as it is told to. */
final class Subscriber implements ClientResponseObserver<SubscribeRequest, Event> {
  final List<Event> events = new ArrayList<>();
  Optional<Status> end = Optional.empty();
  private final int demand;
  private Optional<ClientCallStreamObserver<SubscribeRequest>> call = Optional.empty();

  Subscriber(int demand) {
    this.demand = demand;
  }

  List<String> codes() {
    return events.stream().filter(Event::hasError).map(e -> e.getError().getCode()).toList();
  }

  void request(int more) {
    call.orElseThrow().request(more);
  }

  void cancel() {
    call.orElseThrow().cancel("enough", null);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<SubscribeRequest> started) {
    started.disableAutoRequestWithInitial(demand);
    call = Optional.of(started);
  }

  @Override
  public void onNext(Event event) {
    events.add(event);
  }

  @Override
  public void onError(Throwable fault) {
    end = Optional.of(Status.fromThrowable(fault));
  }

  @Override
  public void onCompleted() {
    end = Optional.of(Status.OK);
  }
}
