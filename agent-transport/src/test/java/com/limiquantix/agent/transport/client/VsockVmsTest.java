package com.limiquantix.agent.transport.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.FakeTimers;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.Recorder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a host tells its VMs apart. */
class VsockVmsTest {
  private final ManualExecutor loop = new ManualExecutor();
  private final FakeTimers timers = new FakeTimers();
  private final List<String> refused = new ArrayList<>();
  private final VsockVms vms =
      new VsockVms(
          loop,
          timers,
          new VsockVms.Listener() {
            @Override
            public void onRefused(PeerInfo.Vsock peer, String reason) {
              refused.add(peer.describe() + ": " + reason);
            }

            @Override
            public void onAcceptFailed(IOException cause) {
              throw new AssertionError(cause);
            }
          });

  /** The agent's end of a connection from there, and what the agent hears. */
  private final class Agent {
    final InProcessLink link;
    final Recorder heard = new Recorder();

    Agent(long cid, long port) {
      InProcessLink.Pair pair = InProcessLink.pair("vsock", loop);
      link = pair.second();
      link.open(heard);
      vms.onLink(new FakeVsock(pair.first(), new PeerInfo.Vsock(cid, port)));
      loop.runAll();
    }

    void say(String text) throws IOException {
      link.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
      loop.runAll();
    }

    boolean isClosed() {
      return heard.calls.contains("closed null");
    }
  }

  private Agent agent(long cid, long port) {
    timers.advance(1_000, loop::runAll);
    return new Agent(cid, port);
  }

  private static boolean leadsTo(Link link, Agent agent, ManualExecutor loop) throws IOException {
    int before = agent.heard.calls.size();
    link.open(new Recorder());
    loop.runAll();
    link.write(ByteBuffer.wrap(new byte[3]));
    loop.runAll();
    return agent.heard.calls.subList(before, agent.heard.calls.size()).contains("3 bytes");
  }

  @Test
  void givenTwoVms_thenEachOnesLinksAreItsOwn() throws Exception {
    ArrivingLinks first = vms.register("vm-1", 3);
    ArrivingLinks second = vms.register("vm-2", 4);
    Agent ofSecond = agent(4, 640);
    Agent ofFirst = agent(3, 640);

    assertThat(leadsTo(first.dial(), ofFirst, loop)).isTrue();
    assertThat(leadsTo(second.dial(), ofSecond, loop)).isTrue();
    assertThat(refused).isEmpty();
  }

  @Test
  void givenCidThatNobodyRegistered_thenItIsTurnedAway() {
    vms.register("vm-1", 3);
    Agent stranger = agent(5, 640);

    assertThat(stranger.isClosed()).isTrue();
    assertThat(refused).containsExactly("vsock cid=5 port=640: no VM with CID 5 is registered");
  }

  @Test
  void givenNothingHasCome_thenDialingSaysWhatToLookAt() {
    ArrivingLinks links = vms.register("vm-1", 3);

    assertThat(links.hasArrived()).isFalse();
    assertThatThrownBy(links::dial)
        .isInstanceOf(IOException.class)
        .hasMessage(
            "The agent of VM vm-1 has not connected over vsock from CID 3; does it run, and has the"
                + " VM a vsock device?");
  }

  @Test
  void givenLinkThatWasTaken_thenItIsNotGivenTwice() throws Exception {
    ArrivingLinks links = vms.register("vm-1", 3);
    agent(3, 640);
    links.dial();

    assertThat(links.hasArrived()).isFalse();
    assertThatThrownBy(links::dial)
        .hasMessageContaining("has not connected")
        .hasMessageContaining("anew");
  }

  @Test
  void givenAgentThatConnectsAnew_thenTheOlderConnectionIsClosed_andTheNewOneGiven()
      throws Exception {
    ArrivingLinks links = vms.register("vm-1", 3);
    List<String> arrivals = new ArrayList<>();
    links.onArrival(() -> arrivals.add("came"));
    Agent older = agent(3, 640);
    Recorder user = new Recorder();
    links.dial().open(user);
    Agent newer = agent(3, 641);

    assertThat(older.isClosed()).isTrue();
    assertThat(user.calls).containsExactly("present", "closed null");
    assertThat(leadsTo(links.dial(), newer, loop)).isTrue();
    assertThat(arrivals).hasSize(2);
  }

  @Test
  void givenWhatTheAgentSaidFirst_thenWhoTakesTheLinkHearsIt() throws Exception {
    ArrivingLinks links = vms.register("vm-1", 3);
    Agent agent = agent(3, 640);
    agent.say("ready");
    agent.say("steady");
    Recorder user = new Recorder();
    Link taken = links.dial();
    taken.open(user);
    assertThat(user.calls).isEmpty();
    loop.runAll();

    assertThat(user.calls).containsExactly("present", "11 bytes");
    agent.link.close();
    loop.runAll();
    assertThat(user.calls).endsWith("closed null");
  }

  @Test
  void givenAgentThatTalksOn_whenNobodyTakesTheLink_thenItIsCutOff() throws Exception {
    ArrivingLinks links = vms.register("vm-1", 3);
    Agent agent = agent(3, 640);
    for (int i = 0; i < 1_000 && links.hasArrived(); i++) {
      agent.say("telemetry that nobody reads");
    }

    assertThat(links.hasArrived()).isFalse();
    assertThat(agent.isClosed()).isTrue();
  }

  @Test
  void givenAgentThatGoesBeforeItsLinkIsTaken_thenThereIsNone() {
    ArrivingLinks links = vms.register("vm-1", 3);
    Agent agent = agent(3, 640);
    assertThat(links.hasArrived()).isTrue();
    agent.link.close();
    loop.runAll();

    assertThat(links.hasArrived()).isFalse();
  }

  @Test
  void givenVmThatConnectsWithoutPause_thenItIsTurnedAway() {
    ArrivingLinks links = vms.register("vm-1", 3);
    Agent first = agent(3, 640);
    Agent second = new Agent(3, 641);

    assertThat(second.isClosed()).isTrue();
    assertThat(first.isClosed()).isFalse();
    assertThat(links.hasArrived()).isTrue();
    assertThat(refused).containsExactly("vsock cid=3 port=641: VM vm-1 connects too often");
  }

  @Test
  void givenAgentOnAPrivilegedPort_thenAnOrdinaryUserOfTheVmCannotTakeItsPlace() {
    vms.register("vm-1", 3);
    Agent agent = agent(3, 640);
    Agent user = agent(3, 5_000);

    assertThat(user.isClosed()).isTrue();
    assertThat(agent.isClosed()).isFalse();
    assertThat(refused)
        .containsExactly(
            "vsock cid=3 port=5000: VM vm-1 is connected from a port below 1024 already");
  }

  @Test
  void givenAgentOfVersion1_thenOneOnAPrivilegedPortTakesItsPlace() {
    ArrivingLinks links = vms.register("vm-1", 3);
    Agent old = agent(3, 5_000);
    assertThat(links.hasArrived()).isTrue();
    Agent agent = agent(3, 640);

    assertThat(old.isClosed()).isTrue();
    assertThat(agent.isClosed()).isFalse();
  }

  @Test
  void givenVmWithANewCid_thenItsOldOneIsTurnedAway() throws Exception {
    ArrivingLinks links = vms.register("vm-1", 3);
    Agent before = agent(3, 640);
    assertThat(vms.register("vm-1", 7)).isSameAs(links);
    loop.runAll();
    assertThat(before.isClosed()).isTrue();
    Agent stale = agent(3, 640);
    Agent after = agent(7, 640);

    assertThat(stale.isClosed()).isTrue();
    assertThat(leadsTo(links.dial(), after, loop)).isTrue();
  }

  @Test
  void givenCidOfAnotherVm_whenRegistered_thenThatIsRefused() {
    vms.register("vm-1", 3);

    assertThatThrownBy(() -> vms.register("vm-2", 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("VM vm-2: CID 3 is that of VM vm-1; forget it first");
    for (long cid : List.of(-1L, 0L, 1L, 2L, 0xffff_ffffL)) {
      assertThatThrownBy(() -> vms.register("vm-2", cid))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void givenVmThatIsForgotten_thenItIsDisconnectedAndTurnedAway() {
    vms.register("vm-1", 3);
    Agent agent = agent(3, 640);
    assertThat(vms.forget("vm-1")).isTrue();
    assertThat(vms.forget("vm-1")).isFalse();
    loop.runAll();

    assertThat(agent.isClosed()).isTrue();
    assertThat(agent(3, 640).isClosed()).isTrue();
  }
}
