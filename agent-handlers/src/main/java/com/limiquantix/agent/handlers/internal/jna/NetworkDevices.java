package com.limiquantix.agent.handlers.internal.jna;

import java.util.OptionalInt;

/** The guest's network interfaces as its kernel knows them. Any thread may ask. */
public interface NetworkDevices extends AutoCloseable {
  /** Interface flag: switched on (netdevice(7)). */
  int IFF_UP = 0x1;

  /** Interface flag: loopback. */
  int IFF_LOOPBACK = 0x8;

  /** Interface flag: has a carrier, or a driver that knows of none. */
  int IFF_RUNNING = 0x40;

  /**
   * Shows every interface and every address.
   *
   * @throws PosixException as getifaddrs(3)
   */
  void visit(Visitor visitor) throws PosixException;

  /** Largest packet of an interface in bytes; empty if there is no such interface any more. */
  OptionalInt mtu(String name);

  /** Must not be called while another method is being executed; afterwards none may be called. */
  @Override
  void close();

  /** Whom interfaces and addresses are shown to, in no certain order. */
  interface Visitor {
    /**
     * An interface.
     *
     * @param flags as netdevice(7)
     * @param hardwareAddress of any length, 0 if it has none
     */
    void device(String name, int flags, byte[] hardwareAddress);

    /**
     * An address of an interface.
     *
     * @param name the interface's, also if the address has a label of its own
     * @param flags the interface's, as netdevice(7)
     * @param address 4 bytes, or 16 of an IPv6 address
     */
    void address(String name, int flags, byte[] address);
  }
}
