package com.limiquantix.agent.transport.internal.session;

/** Something of which a part has been handed to the link. */
interface Sent {
  /** Tells whom it concerns. No lock is held. */
  void progressed();

  /** Tells whom it concerns that nothing of it was sent, as the link broke. No lock is held. */
  void lost();
}
