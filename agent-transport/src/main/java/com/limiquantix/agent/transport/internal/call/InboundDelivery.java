package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.transport.internal.session.InboundMessage;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands the messages of one call to its application as it asks for them, and what ends them behind
 * the last. Everything runs on the call's serial executor.
 */
final class InboundDelivery {
  private final Executor serial;
  private final Consumer<InboundMessage> receiver;
  private final ArrayDeque<InboundMessage> waiting = new ArrayDeque<>(2);
  private long requested;
  private @Nullable Runnable end;
  private boolean stopped;

  /**
   * @param receiver takes each message and releases it
   */
  InboundDelivery(Executor serial, Consumer<InboundMessage> receiver) {
    this.serial = serial;
    this.receiver = receiver;
  }

  /** Runs {@code event} before any message that comes later. */
  void event(Runnable event) {
    serial.execute(event);
  }

  void message(InboundMessage message) {
    boolean deliverable;
    synchronized (this) {
      if (!stopped) {
        waiting.add(message);
      }
      deliverable = !stopped && requested > 0;
    }
    if (deliverable) {
      serial.execute(this::deliver);
    } else if (stopped()) {
      message.release();
    }
  }

  private synchronized boolean stopped() {
    return stopped;
  }

  /** The application wants {@code count} more. */
  void request(int count) {
    synchronized (this) {
      requested += count;
      if (waiting.isEmpty()) {
        return;
      }
    }
    serial.execute(this::deliver);
  }

  /** Runs {@code action} when all messages have been taken. */
  void end(Runnable action) {
    synchronized (this) {
      end = action;
    }
    serial.execute(this::deliver);
  }

  /** Drops what waits and runs {@code action} as the last thing. Called once. */
  void stop(Runnable action) {
    ArrayDeque<InboundMessage> dropped;
    synchronized (this) {
      stopped = true;
      end = null;
      dropped = new ArrayDeque<>(waiting);
      waiting.clear();
    }
    dropped.forEach(InboundMessage::release);
    serial.execute(action);
  }

  private void deliver() {
    while (true) {
      InboundMessage message;
      Runnable last = null;
      synchronized (this) {
        if (waiting.isEmpty()) {
          message = null;
          last = end;
          end = null;
        } else if (requested == 0) {
          return;
        } else {
          requested--;
          message = waiting.poll();
        }
      }
      if (message != null) {
        receiver.accept(message);
      } else {
        if (last != null) {
          last.run();
        }
        return;
      }
    }
  }
}
