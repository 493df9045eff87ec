package com.limiquantix.agent.protocol;

import io.grpc.Attributes;

/**
 * Who sits at the other end of a link, as the link itself knows it and the peer cannot forge.
 *
 * <p>The transport puts it into every call's attributes under {@link #KEY}; policy and audit read
 * it there.
 */
public sealed interface PeerInfo {

  /** Where a call's {@code PeerInfo} is found in its {@code Attributes}, on either side. */
  Attributes.Key<PeerInfo> KEY = Attributes.Key.create("com.limiquantix.agent.peer");

  /** One line for logs and audit records, such as {@code unix uid=0 gid=0 pid=4711}. */
  String describe();

  /**
   * A process that is connected over a unix socket, as SO_PEERCRED reports it (unix(7)): the ids it
   * had when it connected.
   *
   * @param uid user id of the peer, 0 to 4294967295
   * @param gid group id of the peer, 0 to 4294967295
   * @param pid process id of the peer in our PID namespace; 0 when the kernel cannot express it
   */
  record Unix(long uid, long gid, long pid) implements PeerInfo {
    @Override
    public String describe() {
      return "unix uid=" + uid + " gid=" + gid + " pid=" + pid;
    }
  }

  /**
   * The host behind a virtio-serial port.
   *
   * @param portName the port's name, such as {@code org.limiquantix.agent.0}
   */
  record VirtioPort(String portName) implements PeerInfo {
    @Override
    public String describe() {
      return "virtio-port " + portName;
    }
  }

  /**
   * A peer over AF_VSOCK (vsock(7)).
   *
   * @param cid context id of the peer; 2 is the host
   * @param port the peer's port; below 1024 only for a privileged process
   */
  record Vsock(long cid, long port) implements PeerInfo {
    @Override
    public String describe() {
      return "vsock cid=" + cid + " port=" + port;
    }
  }

  /**
   * Code in this very process.
   *
   * @param name what the link was named by who made it
   */
  record InProcess(String name) implements PeerInfo {
    @Override
    public String describe() {
      return "in-process " + name;
    }
  }
}
