package com.limiquantix.agent.transport;

import com.limiquantix.agent.protocol.Limits;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.transport.internal.call.CallCarrier;
import com.limiquantix.agent.transport.internal.call.ClientCallImpl;
import com.limiquantix.agent.transport.internal.call.LinkAddress;
import com.limiquantix.agent.transport.internal.session.Endpoint;
import com.limiquantix.agent.transport.internal.session.HostEndpoint;
import com.limiquantix.agent.transport.internal.session.Session;
import com.limiquantix.agent.transport.internal.session.V1Output;
import com.limiquantix.agent.transport.internal.session.V1Role;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.v1.V1HostRole;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC channel to one agent over one link at a time. It connects when the first call wants it (or
 * always, see {@link AgentChannelBuilder#keepConnected}), and again after a failure, with growing
 * pauses.
 *
 * <p>Calls that were under way when a session ended have failed with UNAVAILABLE; whether the agent
 * carried them out is then unknown, and nothing is repeated by itself. Executor and timers belong
 * to who passed them in and must outlive the termination. Thread-safe.
 */
public final class AgentChannel extends ManagedChannel {

  private final AgentChannelBuilder settings;
  private final Object lock = new Object();
  private final Carrier carrier = new Carrier();
  private final Channel intercepted;
  private final Endpoint.Config config;
  private final HostEndpoint.Patience patience;
  private final CountDownLatch terminated = new CountDownLatch(1);

  private final Set<ClientCallImpl<?, ?>> live = new HashSet<>();
  private final LinkedHashSet<ClientCallImpl<?, ?>> waiting = new LinkedHashSet<>();
  private final List<Runnable> stateWatchers = new ArrayList<>();
  private ConnectivityState state = ConnectivityState.IDLE;
  private Status lastFailure = Status.UNAVAILABLE.withDescription("not connected yet");
  private @Nullable Connection connection;
  private Timers.@Nullable Timer reconnectTimer;
  private int failures;

  /** Links that are open or being dialed. */
  private int links;

  private boolean shutdown;
  private boolean shutdownNow;

  AgentChannel(AgentChannelBuilder settings) {
    this.settings = settings;
    this.intercepted = ClientInterceptors.intercept(new Direct(), settings.interceptors);
    this.config =
        new Endpoint.Config(
            settings.limits, settings.timers, settings.writeBuffers.pool, settings.software);
    this.patience =
        new HostEndpoint.Patience(
            settings.answerTimeout.toNanos(),
            settings.keepalive.toNanos(),
            settings.keepaliveTimeout.toNanos());
    if (settings.keepConnected) {
      connect();
    }
  }

  /**
   * Begins to build a channel.
   *
   * @param dialer how the agent is reached, each time anew
   * @param executor runs the callbacks of calls that name no executor
   * @param timers measures deadlines and pauses
   */
  public static AgentChannelBuilder builder(LinkDialer dialer, Executor executor, Timers timers) {
    return new AgentChannelBuilder(dialer, executor, timers);
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return intercepted.newCall(method, options);
  }

  @Override
  public String authority() {
    return settings.authority;
  }

  @Override
  public ConnectivityState getState(boolean requestConnection) {
    if (requestConnection) {
      connect();
    }
    synchronized (lock) {
      return state;
    }
  }

  @Override
  public void notifyWhenStateChanged(ConnectivityState source, Runnable callback) {
    synchronized (lock) {
      if (state == source) {
        stateWatchers.add(callback);
        return;
      }
    }
    settings.executor.execute(callback);
  }

  /** Why the channel is not READY, as its last attempt found; UNAVAILABLE with a sentence. */
  public Status lastFailure() {
    synchronized (lock) {
      return lastFailure;
    }
  }

  /** Name and version of the agent as it told them; empty while there is no session. */
  public String peerSoftware() {
    Connection current;
    synchronized (lock) {
      current = connection;
    }
    Session session = current == null ? null : current.session;
    return session == null ? "" : session.terms().peerSoftware();
  }

  /** Bytes that the link keeps beside the messages of the budget; 0 without one. */
  long keptBytes() {
    Connection current;
    synchronized (lock) {
      current = connection;
    }
    HostEndpoint endpoint = current == null ? null : current.endpoint;
    return endpoint == null ? 0 : endpoint.keptBytes();
  }

  @Override
  public void resetConnectBackoff() {
    boolean now;
    synchronized (lock) {
      failures = 0;
      now = reconnectTimer != null;
      stopReconnecting();
    }
    if (now) {
      connect();
    }
  }

  /** Gives the link up if no call uses it; the next call connects again. */
  @Override
  public void enterIdle() {
    Connection unused;
    synchronized (lock) {
      if (shutdown || !live.isEmpty()) {
        return;
      }
      unused = connection;
      connection = null;
      stopReconnecting();
      setState(ConnectivityState.IDLE);
    }
    if (unused != null) {
      unused.close("the channel is idle");
    }
  }

  private void stopReconnecting() {
    if (reconnectTimer != null) {
      reconnectTimer.cancel();
      reconnectTimer = null;
    }
  }

  /** Starts an attempt unless there is a link, an attempt under way, or a pause to be kept. */
  private void connect() {
    synchronized (lock) {
      if (connection != null || reconnectTimer != null || (shutdown && live.isEmpty())) {
        return;
      }
      connection = new Connection();
      links++;
      if (state != ConnectivityState.TRANSIENT_FAILURE) {
        setState(ConnectivityState.CONNECTING);
      }
    }
    Connection attempt;
    synchronized (lock) {
      attempt = connection;
    }
    if (attempt != null) {
      attempt.dial();
    }
  }

  /** Under the lock. */
  private void setState(ConnectivityState next) {
    if (state == next || state == ConnectivityState.SHUTDOWN) {
      return;
    }
    state = next;
    List<Runnable> watchers = List.copyOf(stateWatchers);
    stateWatchers.clear();
    for (Runnable watcher : watchers) {
      try {
        settings.executor.execute(watcher);
      } catch (RejectedExecutionException e) {
        // The executor's owner has ended it, and with it everybody who could be told.
        return;
      }
    }
  }

  /** An attempt or a link failed: fails who does not wait, and plans the next attempt. */
  private void failed(Connection which, Status reason) {
    List<ClientCallImpl<?, ?>> impatient = new ArrayList<>();
    synchronized (lock) {
      if (connection == which) {
        connection = null;
        lastFailure = reason;
        collectImpatient(impatient);
        planReconnect();
      }
    }
    fail(impatient, reason);
    checkTerminated();
  }

  private void planReconnect() {
    if (shutdown && live.isEmpty()) {
      return;
    }
    if (settings.keepConnected || !waiting.isEmpty()) {
      setState(ConnectivityState.TRANSIENT_FAILURE);
      long pause = settings.backoff.delayNanos(failures++, settings.random);
      reconnectTimer = settings.timers.schedule(this::reconnect, pause);
    } else {
      setState(ConnectivityState.IDLE);
    }
  }

  private void collectImpatient(List<ClientCallImpl<?, ?>> impatient) {
    for (ClientCallImpl<?, ?> call : waiting) {
      if (!call.waitsForReady()) {
        impatient.add(call);
      }
    }
    waiting.removeAll(impatient);
  }

  private static void fail(List<ClientCallImpl<?, ?>> calls, Status reason) {
    for (ClientCallImpl<?, ?> call : calls) {
      call.abort(reason);
    }
  }

  private void reconnect() {
    synchronized (lock) {
      reconnectTimer = null;
    }
    connect();
  }

  @Override
  public AgentChannel shutdown() {
    synchronized (lock) {
      shutdown = true;
      setState(ConnectivityState.SHUTDOWN);
    }
    checkTerminated();
    return this;
  }

  @Override
  public AgentChannel shutdownNow() {
    shutdown();
    List<ClientCallImpl<?, ?>> calls;
    synchronized (lock) {
      shutdownNow = true;
      calls = List.copyOf(live);
    }
    fail(calls, Status.UNAVAILABLE.withDescription("Channel shutdownNow invoked"));
    checkTerminated();
    return this;
  }

  private void checkTerminated() {
    Connection last;
    synchronized (lock) {
      if (!shutdown || !live.isEmpty()) {
        return;
      }
      stopReconnecting();
      last = connection;
      connection = null;
      if (links == 0) {
        terminated.countDown();
      }
    }
    if (last != null) {
      last.close("the channel was shut down");
    }
  }

  @Override
  public boolean isShutdown() {
    synchronized (lock) {
      return shutdown;
    }
  }

  @Override
  public boolean isTerminated() {
    return terminated.getCount() == 0;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return terminated.await(timeout, unit);
  }

  /** Below the channel's interceptors. */
  private final class Direct extends Channel {
    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new ClientCallImpl<>(carrier, method, options);
    }

    @Override
    public String authority() {
      return settings.authority;
    }
  }

  /** One link, from the first attempt to reach the agent over it to its end. */
  private final class Connection implements HostEndpoint.ChannelOwner {
    private volatile @Nullable HostEndpoint endpoint;
    private volatile @Nullable V1HostRole v1;
    private volatile @Nullable HostEndpoint bridge;
    private volatile @Nullable Session session;
    private volatile Attributes attributes = Attributes.EMPTY;

    void dial() {
      HostEndpoint created;
      try {
        Link link = settings.dialer.dial();
        attributes = LinkAddress.attributes(link.peer(), "host");
        created =
            new HostEndpoint(lock, link, config, protocols(), patience, settings.random, this);
      } catch (IOException | RuntimeException e) {
        synchronized (lock) {
          links--;
        }
        failed(
            this, Status.UNAVAILABLE.withDescription(String.valueOf(e.getMessage())).withCause(e));
        return;
      }
      endpoint = created;
      created.start();
      if (!isCurrent()) {
        created.close("the channel gave the link up");
      }
    }

    private Endpoint.Protocols protocols() {
      return new Endpoint.Protocols(
          settings.protocols.contains(ProtocolVersion.V2),
          settings.protocols.contains(ProtocolVersion.V1)
              ? new Endpoint.Version1(
                  this::version1, settings.budget, settings.budget, Limits.V1_MAX_PAYLOAD_BYTES)
              : null);
    }

    private V1Role version1(V1Output output) {
      V1HostRole made =
          new V1HostRole(
              output,
              settings.timers,
              settings.clock,
              settings.budget,
              settings.limits,
              Limits.V1_MAX_PAYLOAD_BYTES);
      v1 = made;
      return made;
    }

    @Override
    public void onVersion1Began() {
      V1HostRole role = v1;
      if (role == null) {
        throw new IllegalStateException("version 1 is not spoken");
      }
      Endpoint.Protocols inner = new Endpoint.Protocols(true, null);
      HostEndpoint made =
          new HostEndpoint(
              lock, role.connect(), config, inner, patience, settings.random, new Bridge(this));
      synchronized (lock) {
        links++;
        bridge = made;
      }
      made.start();
    }

    @Override
    public void onVersion1Ended(Status reason) {
      HostEndpoint ended;
      synchronized (lock) {
        ended = bridge;
        bridge = null;
        lost(reason);
      }
      if (ended != null) {
        // Not within this call, which comes under a lock that callbacks of the bridge may want.
        settings.timers.schedule(() -> ended.close(String.valueOf(reason.getDescription())), 0);
      }
    }

    /** Under the lock. */
    private void lost(Status reason) {
      session = null;
      if (connection == this) {
        lastFailure = reason;
        setState(ConnectivityState.CONNECTING);
      }
    }

    void close(String reason) {
      HostEndpoint current = endpoint;
      if (current != null) {
        current.close(reason);
      }
    }

    private boolean isCurrent() {
      synchronized (lock) {
        return connection == this;
      }
    }

    @Override
    public void onSessionBegan(Session begun) {
      if (takeSession(begun)) {
        carrier.openWaiting();
      }
    }

    private boolean takeSession(Session begun) {
      synchronized (lock) {
        if (connection != this) {
          return false;
        }
        session = begun;
        failures = 0;
        setState(ConnectivityState.READY);
        return true;
      }
    }

    @Override
    public void onSessionEnded(Session ended, Status reason) {
      synchronized (lock) {
        if (session == ended) {
          lost(reason);
        }
      }
    }

    @Override
    public void onCallClosed(Session open) {
      carrier.openWaiting();
    }

    @Override
    public void onNoAnswer(String reason) {
      Status failure = Status.UNAVAILABLE.withDescription(reason);
      List<ClientCallImpl<?, ?>> impatient = new ArrayList<>();
      synchronized (lock) {
        if (connection != this || session != null) {
          return;
        }
        lastFailure = failure;
        collectImpatient(impatient);
        setState(ConnectivityState.TRANSIENT_FAILURE);
      }
      fail(impatient, failure);
    }

    @Override
    public void onLinkClosed(@Nullable Throwable cause) {
      synchronized (lock) {
        links--;
      }
      String text = cause == null ? "the agent closed the connection" : cause.getMessage();
      failed(this, Status.UNAVAILABLE.withDescription(text).withCause(cause));
    }
  }

  /** The way to an agent of version 1, within this process, beside the link that it uses. */
  private final class Bridge implements HostEndpoint.ChannelOwner {
    private final Connection outer;

    Bridge(Connection outer) {
      this.outer = outer;
    }

    @Override
    public void onSessionBegan(Session begun) {
      synchronized (lock) {
        // Both at once: a session of version 2 may begin in between, and must not be replaced.
        if (begun.endpoint() != outer.bridge || !outer.takeSession(begun)) {
          return;
        }
      }
      carrier.openWaiting();
    }

    @Override
    public void onSessionEnded(Session ended, Status reason) {
      outer.onSessionEnded(ended, reason);
    }

    @Override
    public void onCallClosed(Session open) {
      outer.onCallClosed(open);
    }

    @Override
    public void onNoAnswer(String reason) {
      outer.onNoAnswer(reason);
    }

    @Override
    public void onVersion1Began() {
      throw new IllegalStateException("version 1 within this process");
    }

    @Override
    public void onVersion1Ended(Status reason) {
      throw new IllegalStateException("version 1 within this process");
    }

    @Override
    public void onLinkClosed(@Nullable Throwable cause) {
      synchronized (lock) {
        links--;
      }
      checkTerminated();
    }
  }

  private final class Carrier implements CallCarrier {
    @Override
    public Object lock() {
      return lock;
    }

    @Override
    public BufferBudget budget() {
      return settings.budget;
    }

    @Override
    public TransportLimits limits() {
      return settings.limits;
    }

    @Override
    public Timers timers() {
      return settings.timers;
    }

    @Override
    public String authority() {
      return settings.authority;
    }

    @Override
    public Executor executor() {
      return settings.executor;
    }

    @Override
    public int maxInboundMessageBytes() {
      return settings.maxInboundMessageBytes;
    }

    @Override
    public Attributes attributes() {
      Connection current;
      synchronized (lock) {
        current = connection;
      }
      return current == null ? Attributes.EMPTY : current.attributes;
    }

    @Override
    public @Nullable Status started(ClientCallImpl<?, ?> call) {
      synchronized (lock) {
        live.add(call);
        if (!shutdown) {
          return null;
        }
        return Status.UNAVAILABLE.withDescription(
            shutdownNow ? "Channel shutdownNow invoked" : "Channel shutdown invoked");
      }
    }

    @Override
    public void begin(ClientCallImpl<?, ?> call) {
      Session ready = null;
      Status failure = null;
      synchronized (lock) {
        Connection current = connection;
        ready = current == null ? null : current.session;
        if (ready == null || !waiting.isEmpty()) {
          if (state == ConnectivityState.TRANSIENT_FAILURE && !call.waitsForReady()) {
            failure = lastFailure;
          } else {
            waiting.add(call);
            ready = null;
          }
        }
      }
      if (failure != null) {
        call.abort(failure);
      } else if (ready != null) {
        open(call, ready);
      } else {
        connect();
        openWaiting();
      }
    }

    private void open(ClientCallImpl<?, ?> call, Session session) {
      switch (call.openIn(session)) {
        case OPENED -> call.opened();
        case FULL, ENDED -> {
          synchronized (lock) {
            waiting.add(call);
          }
          connect();
          // The session may have begun, or a call ended, before this one was in the line.
          openWaiting();
        }
        case TOO_LARGE ->
            call.abort(
                Status.RESOURCE_EXHAUSTED.withDescription(
                    "headers larger than the agent takes ("
                        + session.terms().peerMaxHeaderBytes()
                        + " bytes)"));
        case GONE -> {}
      }
    }

    /** Opens calls that waited, as far as the session takes them. */
    void openWaiting() {
      while (true) {
        ClientCallImpl<?, ?> next;
        Session session;
        Session.Opening result;
        synchronized (lock) {
          Connection current = connection;
          session = current == null ? null : current.session;
          if (session == null || waiting.isEmpty()) {
            return;
          }
          next = waiting.iterator().next();
          result = next.openIn(session);
          if (result == Session.Opening.FULL || result == Session.Opening.ENDED) {
            return;
          }
          waiting.remove(next);
        }
        if (result == Session.Opening.OPENED) {
          next.opened();
        } else if (result == Session.Opening.TOO_LARGE) {
          open(next, session);
        }
      }
    }

    @Override
    public void ended(ClientCallImpl<?, ?> call) {
      synchronized (lock) {
        live.remove(call);
        waiting.remove(call);
      }
      checkTerminated();
    }
  }
}
