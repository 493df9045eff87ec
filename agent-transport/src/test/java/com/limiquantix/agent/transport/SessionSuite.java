package com.limiquantix.agent.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.limiquantix.agent.transport.internal.frame.Frames;
import com.limiquantix.agent.transport.link.fault.FaultLink;
import com.limiquantix.agent.transport.link.fault.Faults;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the suites of the session contract share: a host and an agent over the links of one kind,
 * faults of these links, and what has to hold whatever they are.
 */
@Timeout(60)
abstract class SessionSuite {
  static final int CONTENT_BYTES = 20;

  /** Long enough for a session not to count as one that ended at once. */
  static final long SETTLED_MILLIS = 1_500;

  SessionRig rig;

  /** Which way the bytes go. */
  enum Direction {
    TO_AGENT,
    TO_HOST;

    Faults of(SessionRig rig) {
      return this == TO_AGENT ? rig.toAgent() : rig.toHost();
    }

    Faults of(FaultLink hostEnd) {
      return this == TO_AGENT ? hostEnd.outgoing() : hostEnd.incoming();
    }
  }

  /** The parts of a frame. */
  enum Region {
    MAGIC(0, 3),
    VERSION(3, 1),
    TYPE(4, 1),
    FLAGS(5, 1),
    ZERO(6, 2),
    CALL_ID(8, 4),
    SEQUENCE(12, 4),
    TOKEN(16, 8),
    LENGTH(24, 4),
    CHECKSUM(28, 4),
    PAYLOAD(32, Integer.MAX_VALUE - 32);

    final int from;
    final int to;

    Region(int from, int length) {
      this.from = from;
      this.to = from + length;
    }
  }

  /** The contract that this is a part of, for links of one kind. */
  abstract SessionContractTest contract();

  @BeforeEach
  void begin() throws Exception {
    rig = new SessionRig(contract()::wires);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    rig.close();
  }

  final void requires(LinkCapability capability) {
    assumeFalse(contract().lacks().contains(capability), () -> "the link lacks " + capability);
  }

  final void assertAllSucceed(List<SessionRig.Asked> calls) {
    for (SessionRig.Asked call : calls) {
      rig.await(call, 100);
      assertThat(call.status()).isEqualTo(Status.OK);
    }
  }

  final void assertAllEnded(List<SessionRig.Asked> calls) {
    for (SessionRig.Asked call : calls) {
      assertThat(call.isDone()).as("call %d has ended", call.number()).isTrue();
    }
  }

  static byte[] random(int bytes, long seed) {
    byte[] random = new byte[bytes];
    new Random(seed).nextBytes(random);
    return random;
  }

  /**
   * Makes a call, changes the bytes that one side sends for it, and sees that the session recovers.
   */
  final void exchange(Direction direction, Function<List<byte[]>, byte[]> change) throws Exception {
    rig.pass(SETTLED_MILLIS);
    Faults faults = direction.of(rig);
    faults.hold();
    SessionRig.Asked call = rig.echo(random(CONTENT_BYTES, 1));
    rig.settle();
    faults.rewrite(bytes -> change.apply(Frames.split(bytes)));
    faults.releaseAll();
    rig.assertUsable();
    assertAllEnded(List.of(call));
  }

  /** The frames that one side sends for a call. */
  final List<byte[]> framesOfACall(Direction direction) throws Exception {
    List<byte[]> frames = new ArrayList<>();
    exchange(
        direction,
        sent -> {
          frames.addAll(sent);
          return join(sent);
        });
    assertThat(frames).hasSize(3);
    return frames;
  }

  static byte[] join(List<byte[]> frames) {
    return Frames.concat(frames.toArray(new byte[0][]));
  }

  /** The frames with another one in the place of one of them. */
  static byte[] with(List<byte[]> frames, int index, byte[]... replacement) {
    List<byte[]> changed = new ArrayList<>(frames);
    changed.set(index, Frames.concat(replacement));
    return join(changed);
  }
}
