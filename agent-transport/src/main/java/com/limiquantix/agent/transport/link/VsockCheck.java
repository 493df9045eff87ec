package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;

/**
 * Decides who may be at the other end of a vsock connection, before a byte is exchanged. CID and
 * port come from the kernel. A port below 1024 can be had only by who has CAP_NET_BIND_SERVICE at
 * the other end: root, but also a container that was given it and shares the kernel's vsock.
 *
 * <p>Called in the thread of the loop; must not block.
 */
@FunctionalInterface
public interface VsockCheck {

  /** Whether {@code peer} may stay. A check that throws refuses. */
  boolean allows(PeerInfo.Vsock peer);

  /**
   * Any CID, but only from a port below 1024: else every user of a guest could pose as its agent,
   * and every user of a host as that host.
   */
  static VsockCheck privileged() {
    return peer -> peer.port() <= Vsock.LAST_PRIVILEGED_PORT;
  }

  /** Any port of any CID; agents of version 1 do not choose theirs. */
  static VsockCheck anyPort() {
    return peer -> true;
  }

  /** Peers with this CID that this check allows too; {@link Vsock#HOST_CID} is the host's. */
  default VsockCheck from(long cid) {
    return peer -> peer.cid() == cid && allows(peer);
  }
}
