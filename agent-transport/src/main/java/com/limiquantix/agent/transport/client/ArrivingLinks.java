package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.transport.link.LinkDialer;

/**
 * The links of one peer that connects by itself: whoever wants one can but take what has come.
 * {@link #dial} throws when there is nothing to take. Thread-safe.
 */
public interface ArrivingLinks extends LinkDialer {

  /** Whether a link is there to be taken, as far as is known. */
  boolean hasArrived();

  /**
   * Adds a task that runs each time a link has come. It must not block; it may run on a thread that
   * serves many links.
   */
  void onArrival(Runnable task);
}
