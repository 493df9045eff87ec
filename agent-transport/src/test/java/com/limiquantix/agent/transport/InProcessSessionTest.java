package com.limiquantix.agent.transport;

import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.ManualExecutor;

/** Sessions between two users of one process. */
class InProcessSessionTest extends SessionContractTest {
  @Override
  Wires wires(ManualExecutor executor) {
    return new Wires(executor) {
      @Override
      Link connect() {
        InProcessLink.Pair pair = InProcessLink.pair("test", executor);
        reached(pair.second());
        return pair.first();
      }

      @Override
      void open() {}

      @Override
      boolean busy() {
        return false;
      }

      @Override
      public void close() {}
    };
  }
}
