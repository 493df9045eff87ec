package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Links over the kernel's vsock. Needs loopback and root. */
class VsockLinkTest extends VsockLinkContract {
  @Override
  LinkLoop startLoop() throws IOException {
    VsockLoopback.require();
    return LinkLoop.start("test-loop", (thread, thrown) -> reported.add(thrown));
  }

  @Override
  long dialerCid() {
    return Vsock.LOCAL_CID;
  }

  @Test
  void saysWhyThereIsNoPeer() throws Exception {
    Probe probe = probe();
    Vsock.dialer(loop, timers, Vsock.LOCAL_CID, PORT + 1).dial().open(probe);

    assertThat(probe.awaitClosed())
        .hasMessage(
            "Cannot connect to vsock 1:951: connection reset by peer (ECONNRESET); nobody listens"
                + " on port 951 there");
    assertThatThrownBy(() -> Vsock.dialer(loop, timers, 4711, PORT).dial())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no VM here has CID 4711");
  }
}
