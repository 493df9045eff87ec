package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.link.fault.FaultLink;
import com.limiquantix.agent.transport.link.fault.Faults;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session promises while its link loses nothing, however slowly it carries. */
abstract class SoundLinkSuite extends SessionSuite {
  @Test
  void givenNoFault_whenCallsOfAllKindsRunAtOnce_thenAllSucceed() throws Exception {
    for (int i = 0; i < 10; i++) {
      assertAllSucceed(rig.traffic());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 31, 33, 4_096})
  void givenBytesThatTravelInPieces_whenCallsRun_thenAllSucceed(int bytes) throws Exception {
    rig.toAgent().splitInto(bytes);
    rig.toHost().splitInto(bytes);

    assertAllSucceed(rig.traffic());
  }

  @ParameterizedTest
  @EnumSource
  void givenACallThatIsHeldUpAtAnyByte_whenTheRestComesLater_thenItSucceeds(Direction direction)
      throws Exception {
    int length = join(framesOfACall(direction)).length;
    for (int held = 0; held < length; held++) {
      Faults faults = direction.of(rig);
      faults.hold();
      SessionRig.Asked call = rig.echo(random(CONTENT_BYTES, 1));
      rig.settle();
      faults.release(held);
      rig.pass(SETTLED_MILLIS);
      assertThat(call.isDone()).as("held at byte %d", held).isFalse();
      faults.releaseAll();
      assertAllSucceed(List.of(call));
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenTrafficThatIsHeldUp_whenTheKeepaliveWouldStillWait_thenAllSucceed(Direction direction)
      throws Exception {
    direction.of(rig).holdAfter(direction.of(rig).entered() + 10_000);
    List<SessionRig.Asked> calls = rig.traffic();
    rig.pass(30_000);
    direction.of(rig).releaseAll();

    assertAllSucceed(calls);
  }

  @ParameterizedTest
  @EnumSource
  void givenTrafficThatIsHeldUpForAnHour_whenItGoesOn_thenUsable(Direction direction)
      throws Exception {
    direction.of(rig).holdAfter(direction.of(rig).entered() + 10_000);
    List<SessionRig.Asked> calls = rig.traffic();
    rig.pass(3_600_000);
    direction.of(rig).releaseAll();
    rig.assertUsable();

    assertAllEnded(calls);
  }

  /** A side that does not read, as the other sees it. */
  private void starve(Direction direction, Consumer<FaultLink> reads) throws Exception {
    Wires wires = rig.wires();
    FaultLink writer = direction == Direction.TO_AGENT ? wires.hostEnd() : wires.agentEnd();
    List<SessionRig.Asked> calls = new ArrayList<>(rig.traffic());
    rig.settlePartly(30);
    writer.starveWrites();
    for (int second = 0; second < 100; second++) {
      reads.accept(writer);
      calls.addAll(rig.traffic());
      rig.pass(1_000);
    }
    writer.refill(Long.MAX_VALUE / 2);
    // What waited may take the whole budget until it has been sent.
    rig.settle();
    rig.assertUsable();
    rig.pass(SETTLED_MILLIS);
    assertAllEnded(calls);
  }

  @ParameterizedTest
  @EnumSource
  void givenASideThatNeverReads_whenItDoesAtLast_thenUsable(Direction direction) throws Exception {
    starve(direction, writer -> {});
  }

  @ParameterizedTest
  @EnumSource
  void givenASideThatReadsAByteASecond_whenItReadsAll_thenUsable(Direction direction)
      throws Exception {
    starve(direction, writer -> writer.refill(1));
  }
}
