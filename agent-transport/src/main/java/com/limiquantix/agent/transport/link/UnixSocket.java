package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** Dials unix stream sockets by path, unix(7). */
public final class UnixSocket {
  /** Longest path in bytes: {@code sun_path} has 108, and one is for its final NUL. */
  public static final int MAX_PATH_BYTES = 107;

  /** File names as the JDK encodes them, so that it and libc speak of the same file. */
  private static final Charset FILE_NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name()));

  private UnixSocket() {}

  /**
   * A dialer of {@code path} that speaks with its own user or root only.
   *
   * @throws IOException as {@link #dialer(LinkLoop, Path, PeerCheck)}
   */
  public static LinkDialer dialer(LinkLoop loop, Path path) throws IOException {
    return dialer(loop, path, PeerCheck.ownUserOrRoot());
  }

  /**
   * A dialer of {@code path}. Its links are connected when {@code dial} returns; nothing is written
   * before {@code server} has allowed the process that listens.
   *
   * @param server who may listen there; a socket of QEMU belongs to the user that QEMU runs as
   * @throws IOException if the path is longer than {@link #MAX_PATH_BYTES}
   */
  public static LinkDialer dialer(LinkLoop loop, Path path, PeerCheck server) throws IOException {
    byte[] address = address(path);
    return () -> dial(loop, path, address, server);
  }

  private static Link dial(LinkLoop loop, Path path, byte[] address, PeerCheck server)
      throws IOException {
    Posix posix = loop.posix();
    int number = posix.unixSocket();
    if (number < 0) {
      throw new IOException(
          "Cannot connect to " + path + ": no socket: " + Errno.describe(-number));
    }
    Fd fd = new Fd(posix, number);
    try {
      int connected = connect(posix, number, address);
      if (connected < 0) {
        throw new IOException("Cannot connect to " + path + ": " + advice(-connected));
      }
      PeerInfo.Unix peer = credentials(posix, number);
      if (!server.allows(peer)) {
        throw new IOException(
            "Refused to talk to "
                + path
                + ": its listener is "
                + peer.describe()
                + ", which is not an allowed user; check who made the socket, or allow that user");
      }
      SocketLink link = new SocketLink(loop, fd, "unix socket " + path, peer);
      loop.adopt(link);
      return link;
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  static int connect(Posix posix, int number, byte[] address) {
    int result;
    do {
      result = posix.connectUnix(number, address);
    } while (result == -Errno.EINTR);
    return result;
  }

  private static String advice(int errno) {
    String text = Errno.describe(errno);
    return switch (errno) {
      case Errno.ENOENT, Errno.ENOTDIR ->
          text + "; is the VM or agent running, and the path right?";
      case Errno.ECONNREFUSED -> text + "; nobody listens there: start the VM or agent";
      case Errno.EACCES, Errno.EPERM ->
          text + "; run as the owner of the socket or as root, and check its directories";
      case Errno.EAGAIN ->
          text + "; the listener's queue is full: another client may hold it; retry";
      case Errno.EPROTOTYPE -> text + "; what listens there is not a stream socket";
      default -> text;
    };
  }

  /** Who connected or listens. */
  static PeerInfo.Unix credentials(Posix posix, int number) throws IOException {
    int[] ids = new int[3];
    int result = posix.peerCredentials(number, ids);
    if (result < 0) {
      throw new IOException("Cannot tell who the peer is: " + Errno.describe(-result));
    }
    return new PeerInfo.Unix(
        Integer.toUnsignedLong(ids[1]),
        Integer.toUnsignedLong(ids[2]),
        Integer.toUnsignedLong(ids[0]));
  }

  static byte[] encode(Path path) {
    return path.toString().getBytes(FILE_NAMES);
  }

  static byte[] address(Path path) throws IOException {
    byte[] bytes = encode(path);
    if (bytes.length == 0) {
      throw new IOException("The path of a unix socket is empty; name a file");
    }
    if (bytes.length > MAX_PATH_BYTES) {
      throw new IOException(
          "The path of a unix socket has at most "
              + MAX_PATH_BYTES
              + " bytes; "
              + path
              + " has "
              + bytes.length
              + ": choose a shorter directory or name");
    }
    return bytes;
  }
}
