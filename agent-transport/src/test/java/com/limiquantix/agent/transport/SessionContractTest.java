package com.limiquantix.agent.transport;

import com.limiquantix.agent.transport.link.ManualExecutor;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/**
 * What a session promises over any link, whatever happens to the link: within a second after the
 * fault calls succeed again, no call is carried out twice, nothing reaches a call that it does not
 * belong to, and both ends keep no more than they may, and nothing in the end. Time is the test's
 * own; the promises that hold at any time are checked by {@link SessionRig} after every step.
 */
abstract class SessionContractTest {

  /** Links of this kind. */
  abstract Wires wires(ManualExecutor executor);

  /** What they can not do by their nature. */
  Set<LinkCapability> lacks() {
    return EnumSet.allOf(LinkCapability.class);
  }

  @Nested
  class SoundLink extends SoundLinkSuite {
    @Override
    SessionContractTest contract() {
      return SessionContractTest.this;
    }
  }

  @Nested
  class DamagedLink extends DamagedLinkSuite {
    @Override
    SessionContractTest contract() {
      return SessionContractTest.this;
    }
  }

  @Nested
  class ChangingPeers extends ChangingPeersSuite {
    @Override
    SessionContractTest contract() {
      return SessionContractTest.this;
    }
  }

  @Nested
  class ForeignBytes extends ForeignBytesSuite {
    @Override
    SessionContractTest contract() {
      return SessionContractTest.this;
    }
  }
}
