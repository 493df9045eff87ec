package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.internal.jna.NetworkDevices;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/** Interfaces of ours. */
final class SampleDevices implements NetworkDevices {
  static final int MTU = 1450;

  private final List<Consumer<Visitor>> shown = new ArrayList<>();
  private final Set<String> vanished = new HashSet<>();
  private boolean closed;

  /** Adds an interface; its addresses are hexadecimal, and are shown before it is. */
  void add(String name, int flags, byte[] hardwareAddress, String... addresses) {
    for (String address : addresses) {
      byte[] bytes = HexFormat.of().parseHex(address);
      shown.add(visitor -> visitor.address(name, flags, bytes));
    }
    shown.add(visitor -> visitor.device(name, flags, hardwareAddress));
  }

  /** The interface will be gone when its MTU is asked for. */
  void vanishBeforeMtu(String name) {
    vanished.add(name);
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void visit(Visitor visitor) {
    shown.forEach(one -> one.accept(visitor));
  }

  @Override
  public OptionalInt mtu(String name) {
    return vanished.contains(name) ? OptionalInt.empty() : OptionalInt.of(MTU);
  }

  @Override
  public void close() {
    closed = true;
  }
}
