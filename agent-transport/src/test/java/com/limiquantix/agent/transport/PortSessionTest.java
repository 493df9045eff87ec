package com.limiquantix.agent.transport;

import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.fault.SimulatedPort;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sessions over a port that behaves as virtio-serial does. */
class PortSessionTest extends SessionContractTest {
  private static final int CAPACITY_BYTES = 256 * 1024;

  @Override
  Set<LinkCapability> lacks() {
    return Set.of();
  }

  @Override
  Wires wires(ManualExecutor executor) {
    return new PortWires(executor);
  }

  private static final class PortWires extends Wires {
    private final SimulatedPort port;
    private @Nullable Link next;

    PortWires(ManualExecutor executor) {
      super(executor);
      port = new SimulatedPort("org.limiquantix.agent.0", executor, CAPACITY_BYTES);
    }

    @Override
    Link connect() {
      Link waiting = next;
      next = null;
      return waiting == null ? port.attach() : waiting;
    }

    @Override
    void replaceHost() {
      next = port.replaceHost();
    }

    @Override
    void open() {
      port.killGuest();
      reached(port);
    }

    @Override
    boolean busy() {
      return false;
    }

    @Override
    public void close() {}
  }
}
