package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.SystemTimers;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Links over vsock, both ends in this process. */
@EnabledOnOs(OS.LINUX)
abstract class VsockLinkContract extends LinkContractTest {
  /** Not the agent's own port: it may be running here. */
  static final int PORT = 950;

  final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<Link> accepted = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<PeerInfo.Vsock> refused = new LinkedBlockingQueue<>();
  SystemTimers timers;
  LinkLoop loop;
  private VsockListener listener;
  private LinkDialer dialer;

  /** A loop over the vsock in question, or a skipped test. */
  abstract LinkLoop startLoop() throws IOException;

  /** The CID that a dialer seems to have. */
  abstract long dialerCid();

  @BeforeEach
  void start() throws IOException {
    loop = startLoop();
    timers = new SystemTimers("test-timers");
    listener =
        VsockListener.listen(
            loop,
            timers,
            PORT,
            VsockCheck.privileged(),
            new VsockListener.Handler() {
              @Override
              public void onLink(Link link) {
                accepted.add(link);
              }

              @Override
              public void onRefused(PeerInfo.Vsock peer) {
                refused.add(peer);
              }

              @Override
              public void onAcceptFailed(IOException cause) {
                reported.add(cause);
              }
            });
    dialer = Vsock.dialer(loop, timers, Vsock.LOCAL_CID, PORT);
  }

  @AfterEach
  void stop() {
    if (loop != null) {
      listener.close();
      loop.close();
      timers.close();
    }
  }

  @Override
  Ends connect() throws Exception {
    Link dialed = dialer.dial();
    Link other = accepted.poll(20, TimeUnit.SECONDS);
    assertThat(other).isNotNull();
    return new Ends(dialed, other);
  }

  @Override
  List<Throwable> reported() {
    return reported;
  }

  /** A dialed link takes bytes once it is connected. */
  @Override
  Set<Capability> lacks() {
    return Set.of(Capability.WRITES_AT_ONCE);
  }

  @Test
  void knowsItsPeerFromTheKernel() throws Exception {
    Ends ends = connect();

    assertThat(ends.left().peer()).isEqualTo(new PeerInfo.Vsock(Vsock.LOCAL_CID, PORT));
    PeerInfo.Vsock dialer = (PeerInfo.Vsock) ends.right().peer();
    assertThat(dialer.cid()).isEqualTo(dialerCid());
    assertThat(dialer.port()).isBetween(640L, 895L);
  }

  @Test
  void servesHundredsOfConnectionsOverOneLoop() throws Exception {
    List<Probe> all = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 200; i++) {
      Ends ends = connect();
      Probe left = probe();
      ends.left().open(left);
      ends.right().open(probe());
      left.awaitCall("present");
      all.add(left);
    }
    listener.close();
    loop.close();
    for (Probe left : all) {
      left.awaitClosed();
    }
  }
}
