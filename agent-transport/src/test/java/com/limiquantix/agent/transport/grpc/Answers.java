package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Takes a stub's answers, and its end, for a test to wait for. */
final class Answers<T> implements StreamObserver<T> {
  private final BlockingQueue<Optional<T>> values = new LinkedBlockingQueue<>();
  private volatile Status end = Status.UNKNOWN.withDescription("the call has not ended");

  @Override
  public void onNext(T value) {
    values.add(Optional.of(value));
  }

  @Override
  public void onError(Throwable failure) {
    end = Status.fromThrowable(failure);
    values.add(Optional.empty());
  }

  @Override
  public void onCompleted() {
    end = Status.OK;
    values.add(Optional.empty());
  }

  /** The next answer, which must come. */
  T next() throws InterruptedException {
    Optional<T> value = poll();
    assertThat(value).as("an answer; the call's end is %s", end).isPresent();
    return value.orElseThrow();
  }

  /** The call's end, which must come next. */
  Status end() throws InterruptedException {
    assertThat(poll()).as("the end of the answers").isEmpty();
    return end;
  }

  private Optional<T> poll() throws InterruptedException {
    Optional<T> value = values.poll(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(value).as("an answer or the end comes in time").isNotNull();
    return value == null ? Optional.empty() : value;
  }
}
