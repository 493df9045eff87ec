package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import java.io.IOException;
import java.util.Map;

/** Reads /proc/net/dev, proc_net_dev(5). */
final class NetDev {
  private static final int HEADER_LINES = 2;

  /** Numbers of received data between packets and the bytes sent: errs to multicast. */
  private static final int BETWEEN = 6;

  private NetDev() {}

  /**
   * Adds each interface with its counters, in the file's order. A name may be followed by its first
   * counter without a space, as kernels before 2.6.38 write it. A line that ends early, because the
   * file was too long, is passed over.
   *
   * @param most number of interfaces after which the rest is passed over
   */
  static void parse(AsciiScanner file, Map<String, InterfaceInfo.Builder> into, int most)
      throws IOException {
    for (int i = 0; i < HEADER_LINES; i++) {
      file.nextLine();
    }
    for (; !file.atEnd() && into.size() < most; file.nextLine()) {
      file.skipBlanks();
      String name = file.textBefore(':');
      if (name.isEmpty()) {
        continue;
      }
      InterfaceInfo.Builder counters = InterfaceInfo.newBuilder().setName(name);
      if (isWhole(file, counters)) {
        into.put(name, counters);
      }
    }
  }

  private static boolean isWhole(AsciiScanner file, InterfaceInfo.Builder counters)
      throws IOException {
    for (int column = 0; column <= BETWEEN + 3; column++) {
      if (!file.atNumber()) {
        return false;
      }
      long value = file.number();
      switch (column) {
        case 0 -> counters.setRxBytes(value);
        case 1 -> counters.setRxPackets(value);
        case BETWEEN + 2 -> counters.setTxBytes(value);
        case BETWEEN + 3 -> counters.setTxPackets(value);
        default -> {}
      }
    }
    return true;
  }
}
