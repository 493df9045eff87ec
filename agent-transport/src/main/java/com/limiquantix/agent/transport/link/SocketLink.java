package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;

/** A stream socket. Its link is a connection: end of file ends it. */
class SocketLink extends FdLink {
  SocketLink(LinkLoop loop, Fd fd, String name, PeerInfo peer) {
    this(loop, fd, name, peer, true);
  }

  /**
   * @param connected whether the connection has been made; else it is under way
   */
  SocketLink(LinkLoop loop, Fd fd, String name, PeerInfo peer, boolean connected) {
    super(loop, fd, Kind.CONNECTION, name, peer, connected);
  }

  @Override
  final int transmit(int number, long address, int length) {
    return loop.posix().send(number, address, length);
  }

  @Override
  final void disconnect(int number) {
    // ENOTCONN: the peer was faster.
    loop.posix().shutdown(number);
  }
}
