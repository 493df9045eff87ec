package com.limiquantix.agent.app.internal.jna;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Sends datagrams to a unix socket that takes them: that of a service manager (sd_notify(3)), of
 * the journal, or of syslog. 64-bit Linux only; thread-safe.
 */
public final class UnixDatagrams implements AutoCloseable {
  /** {@code AF_UNIX} of sys/socket.h. */
  private static final short AF_UNIX = 1;

  /** {@code SOCK_DGRAM | SOCK_CLOEXEC} of bits/socket_type.h. */
  private static final int SOCKET_TYPE = 2 | 0x80000;

  /** {@code MSG_DONTWAIT | MSG_NOSIGNAL} of bits/socket.h. */
  private static final int SEND_FLAGS = 0x40 | 0x4000;

  /** {@code SOL_SOCKET} and {@code SCM_RIGHTS} of bits/socket.h. */
  private static final int SOL_SOCKET = 1;

  private static final int SCM_RIGHTS = 1;

  // struct iovec, struct msghdr and struct cmsghdr of 64-bit Linux, with room for one descriptor.
  private static final int IOVEC_BYTES = 16;
  private static final int MSGHDR_BYTES = 56;
  private static final int CMSG_HEADER_BYTES = 16;
  private static final int CONTROL_BYTES = 24;

  /** {@code F_SETFD} and {@code FD_CLOEXEC} of fcntl.h. */
  private static final int F_SETFD = 2;

  private static final int FD_CLOEXEC = 1;

  /** {@code sun_path} of struct sockaddr_un, unix(7). */
  private static final int MAX_PATH = 108;

  private static final int PATH_OFFSET = Short.BYTES;

  private final Memory address;
  private final int addressBytes;
  private final int socket;

  private UnixDatagrams(Memory address, int addressBytes, int socket) {
    this.address = address;
    this.addressBytes = addressBytes;
    this.socket = socket;
  }

  /**
   * Opens a way to the socket.
   *
   * @param path as in {@code NOTIFY_SOCKET}, of a socket that need not exist yet: absolute, or
   *     {@code @} and the rest of an abstract name
   * @throws IOException if it is neither, or the system has no descriptors left
   */
  public static UnixDatagrams open(String path) throws IOException {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < 2 || bytes.length >= MAX_PATH || (bytes[0] != '/' && bytes[0] != '@')) {
      throw new IOException("no address of a unix socket: " + path);
    }
    if (bytes[0] == '@') {
      bytes[0] = 0;
    }
    Memory address = new Memory(PATH_OFFSET + MAX_PATH);
    address.clear();
    address.setShort(0, AF_UNIX);
    address.write(PATH_OFFSET, bytes, 0, bytes.length);
    try {
      return new UnixDatagrams(
          address, PATH_OFFSET + bytes.length, Calls.socket(AF_UNIX, SOCKET_TYPE, 0));
    } catch (LastErrorException e) {
      throw new IOException("socket: errno " + e.getErrorCode(), e);
    }
  }

  /**
   * Sends a message without waiting.
   *
   * @throws IOException if nobody is there, or does not take it now
   */
  public void send(String message) throws IOException {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    try (Memory text = new Memory(bytes.length)) {
      text.write(0, bytes, 0, bytes.length);
      Calls.sendto(socket, text, bytes.length, SEND_FLAGS, address, addressBytes);
    } catch (LastErrorException e) {
      throw new IOException("sendto: errno " + e.getErrorCode(), e);
    }
  }

  /**
   * Sends a message with a copy of a descriptor, without waiting.
   *
   * @throws IOException if the manager does not take it now
   */
  public void send(String message, int fd) throws IOException {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    try (Memory text = new Memory(bytes.length);
        Memory vector = new Memory(IOVEC_BYTES);
        Memory control = new Memory(CONTROL_BYTES);
        Memory header = new Memory(MSGHDR_BYTES)) {
      text.write(0, bytes, 0, bytes.length);
      vector.setPointer(0, text);
      vector.setLong(Long.BYTES, bytes.length);
      control.clear();
      control.setLong(0, CMSG_HEADER_BYTES + Integer.BYTES);
      control.setInt(Long.BYTES, SOL_SOCKET);
      control.setInt(Long.BYTES + Integer.BYTES, SCM_RIGHTS);
      control.setInt(CMSG_HEADER_BYTES, fd);
      header.clear();
      header.setPointer(0, address);
      header.setInt(8, addressBytes);
      header.setPointer(16, vector);
      header.setLong(24, 1);
      header.setPointer(32, control);
      header.setLong(40, CONTROL_BYTES);
      Calls.sendmsg(socket, header, SEND_FLAGS);
    } catch (LastErrorException e) {
      throw new IOException("sendmsg: errno " + e.getErrorCode(), e);
    }
  }

  /** Gives the descriptor back; nothing may be sent any more. */
  @Override
  public void close() {
    try {
      Calls.close(socket);
    } catch (LastErrorException e) {
      throw new IllegalStateException("close: errno " + e.getErrorCode(), e);
    }
  }

  /**
   * Keeps a descriptor that this process was started with from those that it starts.
   *
   * @throws IOException if there is no such descriptor
   */
  public static void closeOnExec(int fd) throws IOException {
    try {
      Calls.fcntl(fd, F_SETFD, FD_CLOEXEC);
    } catch (LastErrorException e) {
      throw new IOException("descriptor " + fd + ": errno " + e.getErrorCode(), e);
    }
  }

  /** Bound at the first use: most processes have no service manager. */
  private static final class Calls {
    static {
      Native.register("c");
    }

    private Calls() {}

    static native int socket(int domain, int type, int protocol) throws LastErrorException;

    static native long sendmsg(int fd, Pointer message, int flags) throws LastErrorException;

    static native int close(int fd) throws LastErrorException;

    static native int fcntl(int fd, int command, int argument) throws LastErrorException;

    static native long sendto(
        int fd, Pointer bytes, long count, int flags, @Nullable Pointer address, int addressBytes)
        throws LastErrorException;
  }
}
