package com.limiquantix.agent.handlers.internal.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** {@link NetworkDevices} over getifaddrs(3) and ioctl(2) of 64-bit Linux. */
public final class JnaNetworkDevices implements NetworkDevices {
  // bits/socket.h; the same on all architectures.
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AF_PACKET = 17;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;

  // bits/ioctls.h
  private static final int SIOCGIFMTU = 0x8921;

  // net/if.h: struct ifreq is a name of 16 bytes with its zero, and a union of 24.
  private static final int NAME_BYTES = 16;
  private static final int IFREQ_BYTES = 40;

  // ifaddrs.h
  private static final int NAME_OFFSET = 8;
  private static final int FLAGS_OFFSET = 16;
  private static final int ADDRESS_OFFSET = 24;

  // linux/if_packet.h, netinet/in.h
  private static final int HARDWARE_LENGTH_OFFSET = 11;
  private static final int HARDWARE_OFFSET = 12;
  private static final int IPV4_OFFSET = 4;
  private static final int IPV6_OFFSET = 8;

  private final int socket;

  /**
   * @throws UnsupportedOperationException unless this is 64-bit Linux
   * @throws PosixException as socket(2)
   */
  public JnaNetworkDevices() throws PosixException {
    if (!Platform.isLinux() || Native.POINTER_SIZE != 8) {
      throw new UnsupportedOperationException(
          "network interfaces are known on 64-bit Linux only, this is " + Platform.RESOURCE_PREFIX);
    }
    socket = LibC.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) {
      throw new PosixException("socket", Native.getLastError());
    }
  }

  @Override
  public void visit(Visitor visitor) throws PosixException {
    try (Memory out = new Memory(Native.POINTER_SIZE)) {
      if (LibC.getifaddrs(out) != 0) {
        throw new PosixException("getifaddrs", Native.getLastError());
      }
      Pointer list = out.getPointer(0);
      if (list == null) {
        return;
      }
      try {
        for (Pointer entry = list; entry != null; entry = entry.getPointer(0)) {
          show(entry, visitor);
        }
      } finally {
        LibC.freeifaddrs(list);
      }
    }
  }

  private static void show(Pointer entry, Visitor visitor) {
    Pointer address = entry.getPointer(ADDRESS_OFFSET);
    if (address == null) {
      return;
    }
    String name = entry.getPointer(NAME_OFFSET).getString(0, "UTF-8");
    int flags = entry.getInt(FLAGS_OFFSET);
    switch (address.getShort(0)) {
      case AF_PACKET -> {
        int length = address.getByte(HARDWARE_LENGTH_OFFSET) & 0xff;
        visitor.device(name, flags, address.getByteArray(HARDWARE_OFFSET, length));
      }
      case AF_INET -> visitor.address(device(name), flags, address.getByteArray(IPV4_OFFSET, 4));
      case AF_INET6 -> visitor.address(name, flags, address.getByteArray(IPV6_OFFSET, 16));
      default -> {}
    }
  }

  /** The device of a labelled IPv4 address, such as eth0 of {@code eth0:1}. */
  private static String device(String label) {
    int colon = label.indexOf(':');
    return colon < 0 ? label : label.substring(0, colon);
  }

  @Override
  public OptionalInt mtu(String name) {
    byte[] request = new byte[IFREQ_BYTES];
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= NAME_BYTES) {
      return OptionalInt.empty();
    }
    System.arraycopy(bytes, 0, request, 0, bytes.length);
    if (LibC.ioctl(socket, SIOCGIFMTU, request) != 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(
        ByteBuffer.wrap(request).order(ByteOrder.nativeOrder()).getInt(NAME_BYTES));
  }

  @Override
  public void close() {
    LibC.close(socket);
  }
}
