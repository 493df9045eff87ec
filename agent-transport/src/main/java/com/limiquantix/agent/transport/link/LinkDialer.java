package com.limiquantix.agent.transport.link;

import java.io.IOException;

/** A way to reach one peer, used again for every attempt. */
@FunctionalInterface
public interface LinkDialer {

  /**
   * Begins to connect, without blocking. A link that is still connecting says {@link
   * LinkListener#onPeerPresent} when it is there, or {@link LinkListener#onClosed} with the reason.
   *
   * @throws IOException if it is clear at once that the peer cannot be reached; the message names
   *     the address and says what to do
   */
  Link dial() throws IOException;
}
