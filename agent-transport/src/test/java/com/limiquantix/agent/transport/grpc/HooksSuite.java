package com.limiquantix.agent.transport.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an application hooks into calls: executors, interceptors, contexts, authority, fallback. */
public abstract class HooksSuite extends GrpcSemanticsTest {
  private static final Context.Key<String> WHO = Context.key("who");

  private final RawHandler handler = new RawHandler();
  private final Queue<String> order = new ConcurrentLinkedQueue<>();

  private Channel startRaw() throws Exception {
    return startRaw(handler);
  }

  /** One call with every callback on either side. */
  private static void fullCall(RawClient client, RawHandler.Accepted server)
      throws InterruptedException {
    client.call().request(2);
    client.call().sendMessage("ask");
    client.call().halfClose();
    server.call().request(2);
    server.log().nextMessages("ask");
    server.log().next(Event.HalfClose.class);
    server.answer("answer");
    server.call().close(Status.OK, new Metadata());
    client.log().next(Event.Headers.class);
    client.log().nextMessages("answer");
    assertThat(client.log().next(Event.Close.class).status()).isEqualTo(Status.OK);
    server.log().next(Event.Complete.class);
  }

  @Test
  void givenExecutors_whenCallsRun_thenEachSideIsCalledBackOnItsOwn() throws Exception {
    RawClient client = RawClient.start(startRaw(), Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    fullCall(client, server);
    assertThat(client.log().all())
        .extracting(EventLog.Seen::thread)
        .containsOnly("client-application");
    assertThat(server.thread()).isEqualTo("server-application");
    assertThat(server.log().all())
        .extracting(EventLog.Seen::thread)
        .containsOnly("server-application");
  }

  @Test
  void givenExecutorOfOneCall_whenItRuns_thenItIsCalledBackThere() throws Exception {
    WatchedExecutor own = new WatchedExecutor("own-executor");
    RawClient client = RawClient.start(startRaw(), Raw.CHAT, CallOptions.DEFAULT.withExecutor(own));
    fullCall(client, handler.accept());
    assertThat(client.log().all()).extracting(EventLog.Seen::thread).containsOnly("own-executor");
    own.end();
  }

  @Test
  void givenExecutorThatTheCallerDrains_whenNobodyDrains_thenNothingIsCalledBack()
      throws Exception {
    LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    Channel channel = startRaw();
    RawClient client =
        RawClient.start(channel, Raw.CHAT, CallOptions.DEFAULT.withExecutor(tasks::add));
    handler.accept().call().close(Status.ABORTED, new Metadata());
    assertUsable(channel);
    assertThat(client.log().all()).isEmpty();
    while (client.log().unread().isEmpty()) {
      Runnable task = tasks.poll(EventLog.PATIENCE_SECONDS, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(task).as("a callback waits in the caller's executor").isNotNull();
      if (task != null) {
        task.run();
      }
    }
    assertThat(client.end().status().getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(client.log().all())
        .extracting(EventLog.Seen::thread)
        .containsOnly(Thread.currentThread().getName());
  }

  @Test
  void givenBlockingStub_whenUnary_thenCallbacksRunOnTheCallingThread() throws Exception {
    Channel channel = start(setup().clientInterceptor(closing("on"))).channel();
    assertUsable(channel);
    assertThat(order).containsExactly("on " + Thread.currentThread().getName());
  }

  /** Notes the thread of onClose. */
  private ClientInterceptor closing(String name) {
    return new ClientInterceptor() {
      @Override
      public <A, B> ClientCall<A, B> interceptCall(
          MethodDescriptor<A, B> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<A, B>(next.newCall(method, options)) {
          @Override
          public void start(Listener<B> listener, Metadata headers) {
            super.start(
                new SimpleForwardingClientCallListener<B>(listener) {
                  @Override
                  public void onClose(Status status, Metadata trailers) {
                    order.add(name + " " + Thread.currentThread().getName());
                    super.onClose(status, trailers);
                  }
                },
                headers);
          }
        };
      }
    };
  }

  @Test
  void givenDirectExecutors_whenCallsRun_thenTheyWork() throws Exception {
    RawHandler direct = new RawHandler();
    Channel channel =
        start(setup().service(Raw.service(direct)).executors(Runnable::run, Runnable::run))
            .channel();
    for (int i = 0; i < 100; i++) {
      RawClient client = RawClient.start(channel, Raw.CHAT);
      fullCall(client, direct.accept());
    }
  }

  private ClientInterceptor clientNote(String name) {
    return new ClientInterceptor() {
      @Override
      public <A, B> ClientCall<A, B> interceptCall(
          MethodDescriptor<A, B> method, CallOptions options, Channel next) {
        order.add(name);
        return next.newCall(method, options);
      }
    };
  }

  private ServerInterceptor serverNote(String name) {
    return new ServerInterceptor() {
      @Override
      public <A, B> ServerCall.Listener<A> interceptCall(
          ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
        order.add(name);
        return next.startCall(call, headers);
      }
    };
  }

  @Test
  void givenInterceptorsOfBothSides_whenCalled_thenTheLastAddedRunsFirst() throws Exception {
    Setup setup =
        setup()
            .clientInterceptor(clientNote("client 1"))
            .clientInterceptor(clientNote("client 2"))
            .serverInterceptor(serverNote("server 1"))
            .serverInterceptor(serverNote("server 2"));
    assertUsable(start(setup).channel());
    assertThat(order).containsExactly("client 2", "client 1", "server 2", "server 1");
  }

  @Test
  void givenInterceptorThatSetsTheContext_whenHandled_thenAllCallbacksSeeIt() throws Exception {
    ServerInterceptor interceptor =
        new ServerInterceptor() {
          @Override
          public <A, B> ServerCall.Listener<A> interceptCall(
              ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
            return Contexts.interceptCall(
                Context.current().withValue(WHO, "interceptor"), call, headers, next);
          }
        };
    Channel channel =
        start(setup().service(Raw.service(handler)).serverInterceptor(interceptor)).channel();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    fullCall(client, server);
    assertThat(WHO.get(server.context())).isEqualTo("interceptor");
    assertThat(server.log().all())
        .isNotEmpty()
        .allSatisfy(seen -> assertThat(WHO.get(seen.context())).isEqualTo("interceptor"));
  }

  @Test
  void givenContextOfTheCaller_whenCalledBack_thenOnTheClientOnly() throws Exception {
    Channel channel = startRaw();
    RawClient client =
        Context.current()
            .withValue(WHO, "caller")
            .wrap(() -> RawClient.start(channel, Raw.CHAT))
            .call();
    RawHandler.Accepted server = handler.accept();
    fullCall(client, server);
    assertThat(client.log().all())
        .isNotEmpty()
        .allSatisfy(seen -> assertThat(WHO.get(seen.context())).isEqualTo("caller"));
    assertThat(WHO.get(server.context())).as("the server begins at the root").isNull();
  }

  @Test
  void givenContextThatChangesBeforeStart_whenCalledBack_thenTheOneOfNewCallHolds()
      throws Exception {
    Channel channel = startRaw();
    ClientCall<String, String> call =
        Context.current()
            .withValue(WHO, "at newCall")
            .wrap(() -> channel.newCall(Raw.CHAT, inTime()))
            .call();
    RawClient client =
        Context.current()
            .withValue(WHO, "at start")
            .wrap(() -> RawClient.start(call, new Metadata(), (same, event) -> {}))
            .call();
    fullCall(client, handler.accept());
    assertThat(client.log().all())
        .allSatisfy(seen -> assertThat(WHO.get(seen.context())).isEqualTo("at newCall"));
  }

  @Test
  void givenServerCall_whenCalledBack_thenInOneContextThatIsItsOwn() throws Exception {
    Channel channel = startRaw();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    fullCall(client, server);
    assertThat(server.context()).isNotSameAs(Context.ROOT);
    assertThat(server.log().all())
        .isNotEmpty()
        .allSatisfy(seen -> assertThat(seen.context()).isSameAs(server.context()));
  }

  @Test
  void givenNoAuthorityOfTheCall_whenItArrives_thenItHasTheChannels() throws Exception {
    Channel channel = startRaw();
    RawClient.start(channel, Raw.CHAT);
    assertThat(channel.authority()).isNotBlank();
    assertThat(handler.accept().call().getAuthority()).isEqualTo(channel.authority());
  }

  @Test
  void givenAuthorityOfTheCall_whenItArrives_thenServerSeesIt() throws Exception {
    RawClient.start(startRaw(), Raw.CHAT, CallOptions.DEFAULT.withAuthority("vm-42.example"));
    assertThat(handler.accept().call().getAuthority()).isEqualTo("vm-42.example");
  }

  @Test
  void givenCall_whenItArrives_thenServerSeesTheMethodOfItsOwnDefinition() throws Exception {
    RawClient.start(startRaw(), Raw.UPLOAD).call().sendMessage("one");
    assertThat(handler.accept().call().getMethodDescriptor()).isSameAs(Raw.UPLOAD);
  }

  @Test
  void givenFallback_whenNoServiceHasTheMethod_thenItIsAskedAndIntercepted() throws Exception {
    HandlerRegistry registry =
        new HandlerRegistry() {
          @Override
          public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
              String method, @Nullable String authority) {
            order.add(method);
            return method.equals(Raw.CHAT.getFullMethodName())
                ? ServerMethodDefinition.create(Raw.CHAT, handler)
                : null;
          }
        };
    Channel channel =
        start(setup().fallback(registry).serverInterceptor(serverNote("intercepted"))).channel();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    fullCall(client, handler.accept());
    assertThat(order).containsExactly("semantics.Raw/Chat", "intercepted");
    RawClient unknown = RawClient.start(channel, Raw.UNARY).ask("anybody?", 2);
    assertThat(unknown.end().status().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void givenManyThreads_whenManyAnswersCome_thenCallbacksNeverOverlap() throws Exception {
    Channel channel = startRaw();
    List<String> texts = java.util.stream.IntStream.range(0, 2_000).mapToObj(i -> "n" + i).toList();
    RawClient client = RawClient.start(channel, Raw.CHAT);
    RawHandler.Accepted server = handler.accept();
    client.call().request(texts.size());
    server.call().request(texts.size());
    server.call().sendHeaders(new Metadata());
    for (String text : texts) {
      client.call().sendMessage(text);
      server.call().sendMessage(text);
    }
    client.log().next(Event.Headers.class);
    client.log().nextMessages(texts.toArray(String[]::new));
    server.log().nextMessages(texts.toArray(String[]::new));
  }

  @Test
  void givenCustomOption_whenIntercepted_thenInterceptorSeesIt() throws Exception {
    CallOptions.Key<String> key = CallOptions.Key.create("note");
    ClientInterceptor reading =
        new ClientInterceptor() {
          @Override
          public <A, B> ClientCall<A, B> interceptCall(
              MethodDescriptor<A, B> method, CallOptions options, Channel next) {
            order.add(String.valueOf(options.getOption(key)));
            return next.newCall(method, options);
          }
        };
    Channel channel = start(setup().clientInterceptor(reading)).channel();
    ClientCalls.blockingUnaryCall(channel, ECHO, inTime().withOption(key, "value"), "x");
    assertThat(order).containsExactly("value");
  }
}
