package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.internal.jna.Posix;
import com.limiquantix.agent.transport.internal.jna.Pty;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A port keeps the contract, between the two ends of a pseudo-terminal. */
@EnabledOnOs(OS.LINUX)
class PtyLinkTest extends LinkContractTest {
  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private LinkLoop loop;

  @BeforeEach
  void start() throws IOException {
    loop = LinkLoop.start("test-loop", (thread, thrown) -> reported.add(thrown));
  }

  @AfterEach
  void stop() {
    loop.close();
  }

  @Override
  Set<Capability> lacks() {
    return Set.of(Capability.WRITES_AT_ONCE, Capability.ORDERLY_END);
  }

  @Override
  Ends connect() throws Exception {
    Pty pty = new Pty();
    FutureTask<Link> slave =
        new FutureTask<>(() -> PortLink.open(loop, pty.slave(), "slave", cause -> {}));
    loop.execute(slave);
    Link left = slave.get();
    Fd master = new Fd(Posix.libc(), pty.master());
    PortLink right =
        new PortLink(loop, master, "master", new PeerInfo.VirtioPort("master"), cause -> {});
    loop.adopt(right);
    return new Ends(left, right);
  }

  @Override
  List<Throwable> reported() {
    return reported;
  }
}
