package com.limiquantix.agent.transport.internal.call;

import com.limiquantix.agent.protocol.PeerInfo;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.SecurityLevel;
import java.net.SocketAddress;

/** What stands for an address where gRPC wants one: the description of one end of a link. */
public final class LinkAddress extends SocketAddress {
  private static final long serialVersionUID = 1L;

  private final String description;

  private LinkAddress(String description) {
    this.description = description;
  }

  /** The attributes of calls over a link with this peer. */
  public static Attributes attributes(PeerInfo peer, String ownRole) {
    return Attributes.newBuilder()
        .set(PeerInfo.KEY, peer)
        .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, new LinkAddress(peer.describe()))
        .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, new LinkAddress(ownRole))
        .build();
  }

  /** The security of a link is that of the kernel and hypervisor below it, not ours to promise. */
  public static SecurityLevel securityLevel() {
    return SecurityLevel.NONE;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LinkAddress address && address.description.equals(description);
  }

  @Override
  public int hashCode() {
    return description.hashCode();
  }

  @Override
  public String toString() {
    return description;
  }
}
