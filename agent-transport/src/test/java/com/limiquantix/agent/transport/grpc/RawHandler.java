package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** Hands each call to the test, which plays the handler from its own thread. */
final class RawHandler implements ServerCallHandler<String, String> {

  /** A call as the handler holds it: its object, how it began and what its listener heard. */
  record Accepted(
      ServerCall<String, String> call,
      Metadata headers,
      Context context,
      String thread,
      EventLog log) {

    void answer(String text) {
      call.sendHeaders(new Metadata());
      call.sendMessage(text);
    }

    /** Waits until the call's context is cancelled. */
    void awaitContextCancelled() throws InterruptedException {
      CountDownLatch cancelled = new CountDownLatch(1);
      context.addListener(ended -> cancelled.countDown(), Runnable::run);
      assertThat(cancelled.await(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS))
          .as("the server's context is cancelled")
          .isTrue();
    }
  }

  private final BlockingQueue<Accepted> accepted = new LinkedBlockingQueue<>();
  private final BiConsumer<ServerCall<String, String>, Event> reaction;
  private volatile Runnable onAccept = () -> {};

  RawHandler() {
    this((call, event) -> {});
  }

  /**
   * @param reaction runs within each callback
   */
  RawHandler(BiConsumer<ServerCall<String, String>, Event> reaction) {
    this.reaction = reaction;
  }

  @Override
  public ServerCall.Listener<String> startCall(ServerCall<String, String> call, Metadata headers) {
    EventLog log = new EventLog(event -> reaction.accept(call, event));
    accepted.add(
        new Accepted(call, headers, Context.current(), Thread.currentThread().getName(), log));
    onAccept.run();
    return new Listener(log);
  }

  /** Runs this at each later call. */
  void whenAccepted(Runnable action) {
    onAccept = action;
  }

  /** The next call that arrives. */
  Accepted accept() throws InterruptedException {
    Accepted next = accepted.poll(EventLog.PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(next).as("a call arrives at the handler").isNotNull();
    return Objects.requireNonNull(next);
  }

  /** Calls that arrived and were not taken yet. */
  int waiting() {
    return accepted.size();
  }

  private static final class Listener extends ServerCall.Listener<String> {
    private final EventLog log;

    Listener(EventLog log) {
      this.log = log;
    }

    @Override
    public void onMessage(String message) {
      log.record(new Event.Message(message));
    }

    @Override
    public void onHalfClose() {
      log.record(new Event.HalfClose());
    }

    @Override
    public void onCancel() {
      log.record(new Event.Cancel());
    }

    @Override
    public void onComplete() {
      log.record(new Event.Complete());
    }

    @Override
    public void onReady() {
      log.record(new Event.Ready());
    }
  }
}
