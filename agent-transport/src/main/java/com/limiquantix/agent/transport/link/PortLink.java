package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A character device that is a port: its link outlives the hosts that come and go behind it. */
final class PortLink extends FdLink {
  /** The file type in a mode, and that of a character device (sys/stat.h). */
  private static final int S_IFMT = 0170000;

  private static final int S_IFCHR = 0020000;

  private final Consumer<@Nullable Throwable> finished;

  /**
   * @param finished hears the cause when the link is closed and the device can be opened again
   */
  PortLink(
      LinkLoop loop, Fd fd, String name, PeerInfo peer, Consumer<@Nullable Throwable> finished) {
    super(loop, fd, Kind.PORT, name, peer, false);
    this.finished = finished;
  }

  /**
   * Opens {@code device}. In the thread of {@code loop}.
   *
   * @param portName what the port is called
   * @throws IOException if it is not there, not ours or no device to wait on; the message says what
   *     to do
   */
  static PortLink open(
      LinkLoop loop, Path device, String portName, Consumer<@Nullable Throwable> finished)
      throws IOException {
    Posix posix = loop.posix();
    int number = openDevice(posix, device);
    Fd fd = new Fd(posix, number);
    try {
      requireCharacterDevice(number, device);
      PortLink link =
          new PortLink(loop, fd, "port " + device, new PeerInfo.VirtioPort(portName), finished);
      // /dev/null and its like fail here, not at each attempt to serve them.
      loop.watch(link, Posix.EPOLLET);
      loop.unwatch(link);
      loop.adopt(link);
      return link;
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static int openDevice(Posix posix, Path device) throws IOException {
    byte[] path = UnixSocket.encode(device);
    int number;
    do {
      number = posix.openDevice(path);
    } while (number == -Errno.EINTR);
    if (number < 0) {
      throw new IOException("Cannot open port " + device + ": " + advice(-number));
    }
    return number;
  }

  /** A file, pipe or directory opened for reading and writing would echo what is written to it. */
  private static void requireCharacterDevice(int number, Path device) throws IOException {
    Object mode = Files.getAttribute(Path.of("/proc/self/fd/" + number), "unix:mode");
    if (((Integer) mode & S_IFMT) != S_IFCHR) {
      throw new IOException(
          "Cannot use " + device + " as a port: it is no character device; name one");
    }
  }

  private static String advice(int errno) {
    String text = Errno.describe(errno);
    return switch (errno) {
      case Errno.ENOENT, Errno.ENOTDIR ->
          text + "; does the VM have this channel, and the kernel virtio_console?";
      case Errno.EBUSY -> text + "; another process holds it: a port has one user at a time";
      case Errno.EACCES, Errno.EPERM -> text + "; run as root, or let a udev rule grant access";
      case Errno.ENXIO, Errno.ENODEV -> text + "; it is a console, or was unplugged";
      default -> text;
    };
  }

  @Override
  int transmit(int number, long address, int length) {
    return loop.posix().write(number, address, length);
  }

  /** Nobody can be waiting in a system call: all are non-blocking. */
  @Override
  void disconnect(int number) {}

  @Override
  void onFinished(@Nullable Throwable cause) {
    finished.accept(cause);
  }
}
