package com.limiquantix.agent.transport.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A call as the client's application holds it: its object and what its listener heard. */
record RawClient(ClientCall<String, String> call, EventLog log) {

  static RawClient start(Channel channel, MethodDescriptor<String, String> method) {
    return start(channel, method, CallOptions.DEFAULT);
  }

  static RawClient start(
      Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
    return start(channel, method, options, new Metadata());
  }

  static RawClient start(
      Channel channel,
      MethodDescriptor<String, String> method,
      CallOptions options,
      Metadata headers) {
    return start(channel.newCall(method, options), headers, (call, event) -> {});
  }

  /**
   * @param reaction runs within each callback
   */
  static RawClient start(
      ClientCall<String, String> call,
      Metadata headers,
      BiConsumer<ClientCall<String, String>, Event> reaction) {
    Consumer<Event> react = event -> reaction.accept(call, event);
    RawClient client = new RawClient(call, new EventLog(react));
    call.start(new Listener(client.log), headers);
    return client;
  }

  /** Sends one message and the end of the client's side, and asks for {@code answers}. */
  RawClient ask(String text, int answers) {
    call.request(answers);
    call.sendMessage(text);
    call.halfClose();
    return this;
  }

  /** Waits for the end; answers before it are dropped. */
  Event.Close end() throws InterruptedException {
    return log.skipTo(Event.Close.class);
  }

  private static final class Listener extends ClientCall.Listener<String> {
    private final EventLog log;

    Listener(EventLog log) {
      this.log = log;
    }

    @Override
    public void onHeaders(Metadata headers) {
      log.record(new Event.Headers(headers));
    }

    @Override
    public void onMessage(String message) {
      log.record(new Event.Message(message));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      log.record(new Event.Close(status, trailers));
    }

    @Override
    public void onReady() {
      log.record(new Event.Ready());
    }
  }
}
