package com.limiquantix.agent.transport;

import com.limiquantix.agent.transport.link.fault.Faults;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session promises when hosts and agents go and come. */
abstract class ChangingPeersSuite extends SessionSuite {
  @ParameterizedTest
  @EnumSource
  void givenACallThatIsUnderWay_whenTheHostDiesAtAnyByte_thenTheNextHostIsServed(
      Direction direction) throws Exception {
    int length = join(framesOfACall(direction)).length;
    for (int i = 0; i < length; i++) {
      rig.pass(SETTLED_MILLIS);
      direction.of(rig).hold();
      SessionRig.Asked call = rig.echo(random(CONTENT_BYTES, 1));
      rig.settle();
      direction.of(rig).release(i);
      rig.settle();
      rig.hostDies();
      rig.assertUsable();
      assertAllEnded(List.of(call));
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenACallThatIsUnderWay_whenTheAgentDiesAtAnyByte_thenTheNextAgentServes(
      Direction direction) throws Exception {
    int length = join(framesOfACall(direction)).length;
    for (int i = 0; i < length; i++) {
      rig.pass(SETTLED_MILLIS);
      Faults faults = direction.of(rig);
      faults.hold();
      SessionRig.Asked call = rig.echo(random(CONTENT_BYTES, 1));
      rig.settle();
      faults.release(i);
      rig.settle();
      rig.agentDies();
      faults.rewrite(lost -> new byte[0]);
      faults.releaseAll();
      rig.agentStarts();
      rig.assertUsable();
      assertAllEnded(List.of(call));
    }
  }

  @Test
  void givenTraffic_whenEitherSideDiesAtAnyMoment_thenUsable() throws Exception {
    for (int seed = 0; seed < 60; seed++) {
      List<SessionRig.Asked> calls = rig.traffic();
      rig.settlePartly(new Random(seed).nextInt(120));
      if (seed % 2 == 0) {
        rig.hostDies();
      } else {
        rig.agentDies();
        rig.agentStarts();
      }
      rig.assertUsable();
      rig.pass(SETTLED_MILLIS);
      assertAllEnded(calls);
    }
  }

  @Test
  void givenTraffic_whenTheAgentEndsInOrderAndAnotherBegins_thenUsable() throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      List<SessionRig.Asked> calls = rig.traffic();
      rig.settlePartly(new Random(seed).nextInt(120));
      rig.agentEnds();
      rig.agentStarts();
      rig.assertUsable();
      rig.pass(SETTLED_MILLIS);
      assertAllEnded(calls);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenNoAgentForLong_whenOneComes_thenUsable(boolean inOrder) throws Exception {
    requires(LinkCapability.OUTLIVES_AGENTS);
    for (int millis : new int[] {10, 700, 5_000, 60_000, 3_600_000}) {
      SessionRig.Asked call = rig.hang();
      rig.settle();
      if (inOrder) {
        rig.agentEnds();
      } else {
        rig.agentDies();
      }
      rig.pass(millis);
      rig.agentStarts();
      rig.assertUsable();
      assertAllEnded(List.of(call));
    }
  }

  @Test
  void givenTraffic_whenAnotherHostTakesItsPlaceUnseen_thenItIsServedAndOnlyIt() throws Exception {
    requires(LinkCapability.HOSTS_FOLLOW_UNSEEN);
    for (int seed = 0; seed < 100; seed++) {
      List<SessionRig.Asked> calls = rig.traffic();
      rig.settlePartly(new Random(seed).nextInt(150));
      rig.wires().replaceHost();
      rig.assertUsable();
      rig.pass(SETTLED_MILLIS);
      assertAllEnded(calls);
    }
  }
}
