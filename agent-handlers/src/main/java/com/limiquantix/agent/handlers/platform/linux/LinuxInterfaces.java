package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.internal.jna.JnaNetworkDevices;
import com.limiquantix.agent.handlers.internal.jna.NetworkDevices;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import com.limiquantix.agent.protocol.v1.InterfaceState;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The network interfaces of this guest and their addresses. */
public final class LinuxInterfaces {
  /** Interfaces of a report; what /proc/net/dev lists after them is left out. */
  static final int MAX_INTERFACES = 256;

  /** Addresses of an interface, of both kinds together; further ones are left out. */
  static final int MAX_ADDRESSES = 64;

  private LinuxInterfaces() {}

  /**
   * Adds all interfaces but loopback to a report. What is gone before all is known of it is left
   * out.
   *
   * @param netDev /proc/net/dev, whose counters have 64 bits, unlike those that come with addresses
   */
  static void addTo(TelemetryReport.Builder report, AsciiScanner netDev, NetworkDevices devices)
      throws IOException {
    Map<String, InterfaceInfo.Builder> counted = new LinkedHashMap<>();
    // Loopback is listed, too.
    NetDev.parse(netDev, counted, MAX_INTERFACES + 1);
    visit(devices, new Details(counted));
    for (InterfaceInfo.Builder one : counted.values()) {
      if (one.getState() == InterfaceState.INTERFACE_STATE_UNKNOWN
          || report.getInterfacesCount() == MAX_INTERFACES) {
        continue;
      }
      OptionalInt mtu = devices.mtu(one.getName());
      if (mtu.isPresent()) {
        report.addInterfaces(one.setMtu(mtu.getAsInt()));
      }
    }
  }

  /**
   * Adds what else is known of interfaces to their counters. Only what is not loopback gets a
   * state.
   */
  private static final class Details implements NetworkDevices.Visitor {
    private final Map<String, InterfaceInfo.Builder> counted;

    Details(Map<String, InterfaceInfo.Builder> counted) {
      this.counted = counted;
    }

    @Override
    public void device(String name, int flags, byte[] hardwareAddress) {
      InterfaceInfo.Builder details = counted.get(name);
      if (details != null && (flags & NetworkDevices.IFF_LOOPBACK) == 0) {
        details.setMacAddress(AddressText.mac(hardwareAddress)).setState(state(flags));
      }
    }

    @Override
    public void address(String name, int flags, byte[] address) {
      InterfaceInfo.Builder details = counted.get(name);
      if (details == null
          || details.getIpv4AddressesCount() + details.getIpv6AddressesCount() == MAX_ADDRESSES) {
        return;
      }
      if (address.length == 4) {
        details.addIpv4Addresses(AddressText.ip(address));
      } else {
        details.addIpv6Addresses(AddressText.ip(address));
      }
    }
  }

  private static InterfaceState state(int flags) {
    int both = NetworkDevices.IFF_UP | NetworkDevices.IFF_RUNNING;
    return (flags & both) == both
        ? InterfaceState.INTERFACE_STATE_UP
        : InterfaceState.INTERFACE_STATE_DOWN;
  }

  /**
   * Addresses of the interfaces that are up, without loopback and link-local ones, as text.
   *
   * @param most addresses after which the rest is left out
   * @throws UnsupportedOperationException unless this is 64-bit Linux
   * @throws IOException if the system does not tell; the message says why
   */
  public static List<String> addresses(int most) throws IOException {
    try (NetworkDevices devices = devices()) {
      Addresses found = new Addresses(most);
      visit(devices, found);
      return found.all;
    }
  }

  /** What the kernel of this guest knows; to be closed. */
  static NetworkDevices devices() throws IOException {
    try {
      return new JnaNetworkDevices();
    } catch (PosixException e) {
      throw unlisted(e);
    }
  }

  private static void visit(NetworkDevices devices, NetworkDevices.Visitor visitor)
      throws IOException {
    try {
      devices.visit(visitor);
    } catch (PosixException e) {
      throw unlisted(e);
    }
  }

  private static IOException unlisted(PosixException cause) {
    return new IOException("the network interfaces cannot be listed: " + cause.getMessage(), cause);
  }

  private static final class Addresses implements NetworkDevices.Visitor {
    final List<String> all = new ArrayList<>();
    private final int most;

    Addresses(int most) {
      this.most = most;
    }

    @Override
    public void device(String name, int flags, byte[] hardwareAddress) {}

    @Override
    public void address(String name, int flags, byte[] address) {
      int wanted = NetworkDevices.IFF_UP;
      if ((flags & (wanted | NetworkDevices.IFF_LOOPBACK)) == wanted
          && all.size() < most
          && !isLinkLocal(address)) {
        all.add(AddressText.ip(address));
      }
    }

    /** 169.254.0.0/16 or fe80::/10. */
    private static boolean isLinkLocal(byte[] address) {
      int first = address[0] & 0xff;
      int second = address[1] & 0xff;
      return address.length == 4
          ? first == 169 && second == 254
          : first == 0xfe && (second & 0xc0) == 0x80;
    }
  }
}
