package com.limiquantix.agent.security.limits;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.PeerInfo;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who is charged for what. */
final class MetersTest {
  private static final LimitSettings LIMITS = new LimitSettings(2, 3, 2, 0, 4, 2, 1, 0);
  private static final PeerInfo HOST = new PeerInfo.Vsock(2, 700);
  private static final PeerInfo ROOT = new PeerInfo.Unix(0, 0, 10);

  private final Meters meters = new Meters();

  private @Nullable String refusal(CallLoad load, PeerInfo peer) {
    Meters.Refusal refusal = meters.admit(load, peer, LIMITS, 1);
    return refusal == null ? null : refusal.key();
  }

  private @Nullable String command(PeerInfo peer) {
    String refusal = refusal(CallLoad.COMMAND, peer);
    if (refusal == null) {
      meters.release(CallLoad.COMMAND);
    }
    return refusal;
  }

  @Test
  void givenAPeerThatConnectsAgain_thenItsBucketIsTheSame() {
    assertThat(command(new PeerInfo.Vsock(2, 700))).isNull();
    assertThat(command(new PeerInfo.Vsock(2, 701))).isNull();
    assertThat(command(new PeerInfo.Vsock(2, 702))).isEqualTo("security.max_commands_per_minute");
    assertThat(command(new PeerInfo.Unix(0, 0, 10))).isNull();
  }

  @Test
  void givenSeveralPeers_thenTheSumIsLimitedToo() {
    assertThat(command(HOST)).isNull();
    assertThat(command(HOST)).isNull();
    assertThat(command(ROOT)).isNull();
    assertThat(command(ROOT)).isEqualTo("limits.total_commands_per_minute");
  }

  @Test
  void givenARefusal_thenNothingIsTaken() {
    assertThat(command(HOST)).isNull();
    assertThat(command(HOST)).isNull();
    for (int i = 0; i < 5; i++) {
      assertThat(command(HOST)).isEqualTo("security.max_commands_per_minute");
    }
    assertThat(command(ROOT)).isNull();
  }

  @Test
  void givenOpenCalls_thenEachKindHasItsOwnLimitUntilTheyEnd() {
    assertThat(refusal(CallLoad.FILE, HOST)).isNull();
    assertThat(refusal(CallLoad.FILE, HOST)).isEqualTo("limits.max_open_transfers");
    assertThat(refusal(CallLoad.COMMAND, HOST)).isNull();
    assertThat(refusal(CallLoad.COMMAND, HOST)).isNull();
    assertThat(refusal(CallLoad.COMMAND, HOST)).isEqualTo("limits.max_concurrent_commands");
    assertThat(refusal(CallLoad.CALL, HOST)).isNull();
    assertThat(refusal(CallLoad.CALL, HOST)).isEqualTo("limits.max_concurrent_calls");
    meters.release(CallLoad.FILE);
    assertThat(refusal(CallLoad.CALL, HOST)).isNull();
  }

  @Test
  void givenManyPeers_thenTheirNumberIsBounded() {
    for (int uid = 0; uid < 10_000; uid++) {
      if (refusal(CallLoad.FILE, new PeerInfo.Unix(uid, 0, 1)) == null) {
        meters.release(CallLoad.FILE);
      }
    }
    assertThat(meters.peers()).isEqualTo(Meters.MAX_PEERS);
  }
}
