package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;

/** A connected stream socket. Its link is a connection: end of file ends it. */
final class SocketLink extends FdLink {
  SocketLink(LinkLoop loop, Fd fd, String name, PeerInfo peer) {
    super(loop, fd, Kind.CONNECTION, name, peer);
  }

  @Override
  int transmit(int number, long address, int length) {
    return loop.posix().send(number, address, length);
  }

  @Override
  void disconnect(int number) {
    // ENOTCONN: the peer was faster.
    loop.posix().shutdown(number);
  }
}
