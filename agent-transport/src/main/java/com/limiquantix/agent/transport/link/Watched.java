package com.limiquantix.agent.transport.link;

/** Something with a descriptor that a {@link LinkLoop} waits on. */
abstract class Watched {
  final Fd fd;

  /** Tells events of this one from late events of an earlier owner of the same number. */
  int generation;

  Watched(Fd fd) {
    this.fd = fd;
  }

  /** What it is called in errors. */
  @Override
  public abstract String toString();

  /** The descriptor is ready; {@code events} as epoll_wait reports them. In the loop's thread. */
  abstract void onReady(int events);

  /** The loop ends: give up the descriptor and say the last word. In the loop's thread. */
  abstract void onLoopClosing();
}
