package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.link.fault.Faults;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session promises when its link loses, changes, repeats or swaps what it carries. */
abstract class DamagedLinkSuite extends SessionSuite {
  @ParameterizedTest
  @EnumSource
  void givenAnyByteIsLost_whenACallFollows_thenUsable(Direction direction) throws Exception {
    List<byte[]> frames = framesOfACall(direction);
    for (int i = 0; i < frames.size(); i++) {
      for (int at = 0; at < frames.get(i).length; at++) {
        int index = i;
        int lost = at;
        exchange(
            direction,
            sent ->
                with(
                    sent,
                    index,
                    Arrays.copyOf(sent.get(index), lost),
                    Arrays.copyOfRange(sent.get(index), lost + 1, sent.get(index).length)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenTheEndOfAFrameIsLost_whenACallFollows_thenUsable(Direction direction) throws Exception {
    List<byte[]> frames = framesOfACall(direction);
    for (int i = 0; i < frames.size(); i++) {
      for (int kept = 0; kept < frames.get(i).length; kept++) {
        int index = i;
        int length = kept;
        exchange(direction, sent -> with(sent, index, Arrays.copyOf(sent.get(index), length)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenTheEndOfTheLastFrameIsLost_whenNothingFollows_thenTheCallEndsWithinASecond(
      Direction direction) throws Exception {
    int length = framesOfACall(direction).get(2).length;
    for (int kept = 1; kept < length; kept++) {
      rig.pass(SETTLED_MILLIS);
      int lost = length - kept;
      Faults faults = direction.of(rig);
      faults.hold();
      SessionRig.Asked call = rig.echo(random(CONTENT_BYTES, 1));
      rig.settle();
      faults.rewrite(bytes -> Arrays.copyOf(bytes, bytes.length - lost));
      faults.releaseAll();
      rig.await(call, 1_000);
      assertThat(call.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      rig.assertUsable();
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenAllFromAnyByteOnIsLost_whenACallFollows_thenUsable(Direction direction)
      throws Exception {
    int length = join(framesOfACall(direction)).length;
    for (int i = 0; i < length; i++) {
      int kept = i;
      exchange(direction, sent -> Arrays.copyOf(join(sent), kept));
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenABlockBetweenTwoFramesIsLost_whenACallFollows_thenUsable(Direction direction)
      throws Exception {
    int length = join(framesOfACall(direction)).length;
    for (int bytes : new int[] {10, 32, 50, 100}) {
      for (int at = 0; at + bytes < length; at += 3) {
        int from = at;
        exchange(
            direction,
            sent -> {
              byte[] all = join(sent);
              return Frames.concat(
                  Arrays.copyOf(all, from), Arrays.copyOfRange(all, from + bytes, all.length));
            });
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenWholeFramesAreLost_whenTheNextFollow_thenTheyAreNotTakenForThem(Direction direction)
      throws Exception {
    for (int i = 0; i < 3; i++) {
      int index = i;
      exchange(direction, sent -> with(sent, index));
    }
    Faults faults = direction.of(rig);
    for (int lost = 1; lost < 5; lost++) {
      rig.pass(SETTLED_MILLIS);
      faults.hold();
      List<SessionRig.Asked> calls = rig.traffic();
      rig.settle();
      int skipped = lost;
      faults.rewrite(
          bytes -> {
            List<byte[]> frames = new ArrayList<>(Frames.split(bytes));
            frames.subList(4, 4 + skipped).clear();
            return join(frames);
          });
      faults.releaseAll();
      rig.assertUsable();
      assertAllEnded(calls);
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenFramesComeTwice_whenTheyAreTaken_thenNoCallIsCarriedOutTwice(Direction direction)
      throws Exception {
    for (int i = 0; i < 3; i++) {
      int index = i;
      exchange(direction, sent -> with(sent, index, sent.get(index), sent.get(index)));
    }
    exchange(direction, sent -> Frames.concat(join(sent), join(sent)));
  }

  @ParameterizedTest
  @EnumSource
  void givenFramesChangePlaces_whenTheyAreTaken_thenUsable(Direction direction) throws Exception {
    exchange(direction, sent -> join(List.of(sent.get(1), sent.get(0), sent.get(2))));
    exchange(direction, sent -> join(List.of(sent.get(0), sent.get(2), sent.get(1))));
    exchange(direction, sent -> join(List.of(sent.get(2), sent.get(1), sent.get(0))));
  }

  @ParameterizedTest
  @EnumSource
  void givenAnyByteOfARegionIsWrong_whenACallFollows_thenUsable(Region region) throws Exception {
    for (Direction direction : Direction.values()) {
      List<byte[]> frames = framesOfACall(direction);
      for (int i = 0; i < frames.size(); i++) {
        for (int at = region.from; at < Math.min(region.to, frames.get(i).length); at++) {
          for (int mask : new int[] {0x01, 0x80, 0xff}) {
            int index = i;
            int wrong = at;
            exchange(
                direction,
                sent -> {
                  sent.get(index)[wrong] ^= (byte) mask;
                  return join(sent);
                });
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 20, 65_537, 65_536, 1_000})
  void givenALengthThatIsWrong_whenACallFollows_thenNothingIsAllocatedForItAndUsable(int length)
      throws Exception {
    for (Direction direction : Direction.values()) {
      for (int i = 0; i < 3; i++) {
        int index = i;
        exchange(
            direction,
            sent -> {
              ByteBuffer.wrap(sent.get(index)).putInt(Region.LENGTH.from, length);
              return join(sent);
            });
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenAnyByteOfTheHandshakeIsWrongOrLost_whenTheHostConnects_thenUsable(Direction direction)
      throws Exception {
    for (int i = 0; i < 150; i++) {
      int at = i;
      rig.wires().onNextHost(end -> direction.of(end).corrupt(at, 0xff));
      rig.hostDies();
      rig.assertUsable();
      rig.wires().onNextHost(end -> direction.of(end).drop(at, 1));
      rig.hostDies();
      rig.assertUsable();
      rig.wires().onNextHost(end -> direction.of(end).drop(at, 70));
      rig.hostDies();
      rig.assertUsable();
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenSessionsThatAreDamagedSoonAgainAndAgain_whenThatEnds_thenUsable(Direction direction)
      throws Exception {
    for (int times = 1; times < 20; times++) {
      for (int i = 0; i < times; i++) {
        rig.assertUsable();
        direction.of(rig).insertNow(random(10, i));
        rig.settle();
      }
      rig.assertUsable();
      rig.pass(SETTLED_MILLIS);
    }
  }
}
