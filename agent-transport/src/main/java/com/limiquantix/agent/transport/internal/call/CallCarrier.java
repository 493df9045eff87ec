package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.transport.BufferBudget;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.TransportLimits;
import io.grpc.Attributes;
import io.grpc.Status;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a client call needs of its channel. */
public interface CallCarrier {
  /** The lock under which the channel's streams live. */
  Object lock();

  BufferBudget budget();

  TransportLimits limits();

  Timers timers();

  String authority();

  /** Runs the callbacks of calls that name no executor. */
  Executor executor();

  /** Largest message a call takes that sets no limit of its own, in bytes. */
  int maxInboundMessageBytes();

  /** Addresses and peer of the link of this moment. */
  Attributes attributes();

  /**
   * The call starts; it counts as live until {@link #ended}.
   *
   * @return why it may not go on, or null
   */
  @Nullable Status started(ClientCallImpl<?, ?> call);

  /** Opens the call in the session, now or when there is one; or fails it. */
  void begin(ClientCallImpl<?, ?> call);

  /** The call has ended; it is not waiting any more. */
  void ended(ClientCallImpl<?, ?> call);
}
