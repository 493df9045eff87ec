package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Dials vsock stream sockets, vsock(7): between a VM and its host, without a network. Linux. */
public final class Vsock {
  /** The CID of a system itself, over loopback ({@code VMADDR_CID_LOCAL} of linux/vm_sockets.h). */
  public static final long LOCAL_CID = 1;

  /** The CID of the host ({@code VMADDR_CID_HOST} of linux/vm_sockets.h). */
  public static final long HOST_CID = 2;

  /** The lowest CID that a VM may have. */
  public static final long FIRST_GUEST_CID = 3;

  /** The highest CID; the one above means any ({@code VMADDR_CID_ANY} of linux/vm_sockets.h). */
  public static final long LAST_CID = 0xffff_fffeL;

  /** The highest port; the one above means any ({@code VMADDR_PORT_ANY} of linux/vm_sockets.h). */
  public static final long LAST_PORT = 0xffff_fffeL;

  /**
   * The highest port that takes CAP_NET_BIND_SERVICE ({@code LAST_RESERVED_PORT} of the kernel's
   * net/vmw_vsock/af_vsock.c).
   */
  public static final long LAST_PRIVILEGED_PORT = 1023;

  /** The port of a host at which it takes its agents' connections. */
  public static final int AGENT_PORT = 943;

  /** The port of a host at which deployed agents of version 1 connect. */
  public static final int V1_PORT = 9443;

  /** How long a peer may take to answer that it is there. */
  static final long CONNECT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Where connections come from: 256 ports, none of which is {@link #AGENT_PORT}. */
  static final int FIRST_SOURCE_PORT = 640;

  static final int SOURCE_PORTS = 256;

  private Vsock() {}

  /**
   * Which source port is tried first. The far end of an earlier connection may be there for a while
   * after this one is closed, and a new connection from the same port would end at it: so each
   * begins at the port after the last one. Thread-safe.
   */
  static final class SourcePorts {
    private final AtomicInteger next;

    /** Begins anywhere, so that a process that was started anew does not repeat the last one. */
    SourcePorts(Timers timers) {
      next = new AtomicInteger((int) (timers.nanoTime() >>> 20));
    }

    /** The port of the {@code i}th try of the connection that began at {@code start}. */
    private static int at(int start, int i) {
      return FIRST_SOURCE_PORT + Math.floorMod(start + i, SOURCE_PORTS);
    }
  }

  /**
   * A dialer of a VM's agent that listens, for a host. Its links come from a port below 1024, which
   * such an agent insists on. They are still connecting when {@code dial} returns; what has not
   * been answered within a second fails.
   *
   * @param timers keeps that second
   * @param cid of the VM, 3 to 4294967294
   * @param port that its agent listens on, 1 to 4294967294
   */
  public static LinkDialer dialer(LinkLoop loop, Timers timers, long cid, long port) {
    requireCid(cid);
    requirePort(port);
    SourcePorts sources = new SourcePorts(timers);
    return () -> connect(loop, timers, sources, cid, port);
  }

  static void requireCid(long cid) {
    if (cid < LOCAL_CID || cid > LAST_CID) {
      throw new IllegalArgumentException("CID " + cid + " is none of 1 to " + LAST_CID);
    }
  }

  static void requirePort(long port) {
    if (port < 1 || port > LAST_PORT) {
      throw new IllegalArgumentException("port " + port + " is none of 1 to " + LAST_PORT);
    }
  }

  static String name(long cid, long port) {
    return "vsock " + cid + ":" + port;
  }

  private static VsockLink connect(
      LinkLoop loop, Timers timers, SourcePorts sources, long cid, long port) throws IOException {
    Fd fd = begin(loop.posix(), sources, cid, port);
    try {
      VsockLink link =
          new VsockLink(loop, fd, new PeerInfo.Vsock(cid, port), false, VsockLink.UNWATCHED);
      loop.adopt(link);
      link.giveUpAfter(timers, CONNECT_NANOS);
      return link;
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** Begins to connect from a port below 1024. Any thread. */
  static Fd begin(Posix posix, SourcePorts sources, long cid, long port) throws IOException {
    String name = name(cid, port);
    int number = posix.vsockSocket();
    if (number < 0) {
      throw new IOException("Cannot connect to " + name + ": " + socketAdvice(-number));
    }
    Fd fd = new Fd(posix, number);
    try {
      bindPrivileged(posix, number, name, sources);
      int result;
      do {
        result = posix.connectVsock(number, cid, port);
      } while (result == -Errno.EINTR);
      if (result < 0 && result != -Errno.EINPROGRESS) {
        throw failed(-result, cid, port);
      }
      return fd;
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static void bindPrivileged(Posix posix, int number, String name, SourcePorts sources)
      throws IOException {
    int start = sources.next.get();
    for (int i = 0; i < SOURCE_PORTS; i++) {
      int port = SourcePorts.at(start, i);
      int result = posix.bindVsock(number, port);
      if (result >= 0) {
        sources.next.set(start + i + 1);
        return;
      }
      if (result == -Errno.EACCES) {
        throw new IOException(
            "Cannot connect to "
                + name
                + " from a port below 1024: "
                + Errno.describe(-result)
                + "; run as root or with CAP_NET_BIND_SERVICE");
      }
      if (result != -Errno.EADDRINUSE) {
        throw new IOException(
            "Cannot connect to " + name + " from port " + port + ": " + Errno.describe(-result));
      }
    }
    throw new IOException(
        "Cannot connect to "
            + name
            + ": all ports from "
            + FIRST_SOURCE_PORT
            + " to "
            + (FIRST_SOURCE_PORT + SOURCE_PORTS - 1)
            + " are in use; end what holds them");
  }

  static String socketAdvice(int errno) {
    String text = Errno.describe(errno);
    return errno == Errno.EAFNOSUPPORT
        ? text + "; this kernel has no vsock: load the module vsock, or use another link"
        : text;
  }

  static IOException failed(int errno, long cid, long port) {
    return new IOException(
        "Cannot connect to " + name(cid, port) + ": " + connectAdvice(errno, cid, port));
  }

  private static String connectAdvice(int errno, long cid, long port) {
    String text = Errno.describe(errno);
    return switch (errno) {
      case Errno.ENODEV, Errno.ENETUNREACH, Errno.EADDRNOTAVAIL ->
          cid >= FIRST_GUEST_CID
              ? text + "; no VM here has CID " + cid + ": is it running, with a vsock device?"
              : text + "; this VM has no vsock device: give it one, or use another link";
      case Errno.ECONNRESET, Errno.ECONNREFUSED ->
          text + "; nobody listens on port " + port + " there";
      case Errno.ETIMEDOUT -> text + "; the other end does not answer";
      case Errno.EACCES, Errno.EPERM -> text + "; this process may not use vsock";
      default -> text;
    };
  }

  /**
   * Makes sure that this is a VM with a way to its host.
   *
   * @throws IOException if it is no VM, or has no vsock device; the message says what to do
   */
  static void requireGuest(Posix posix) throws IOException {
    int[] cid = new int[1];
    int result = posix.vsockLocalCid(cid);
    if (result == -Errno.ENOENT) {
      throw new IOException(
          "There is no vsock here: /dev/vsock is missing; give the VM a vsock device");
    }
    if (result < 0) {
      throw new IOException("Cannot ask /dev/vsock for the CID: " + Errno.describe(-result));
    }
    long own = Integer.toUnsignedLong(cid[0]);
    if (own < FIRST_GUEST_CID || own > LAST_CID) {
      throw new IOException(
          "This system has no vsock device of a VM (its CID is "
              + cid[0]
              + "); CID 2 would be itself and not a host");
    }
  }

  /** Who is at the other end. */
  static PeerInfo.Vsock peer(Posix posix, int number) throws IOException {
    int[] address = new int[2];
    int result = posix.vsockPeer(number, address);
    if (result < 0) {
      throw new IOException("Cannot tell who the peer is: " + Errno.describe(-result));
    }
    return new PeerInfo.Vsock(
        Integer.toUnsignedLong(address[0]), Integer.toUnsignedLong(address[1]));
  }
}
