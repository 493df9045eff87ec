package com.limiquantix.agent.handlers.exec;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.handlers.internal.jna.PlainSpawn;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc.ExecServiceBlockingStub;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.security.policy.Policy;
import com.limiquantix.agent.security.policy.PolicyGuard;
import com.limiquantix.agent.security.policy.PolicySettings;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a command costs beside posix_spawn and waitpid alone, in the same run and in turn. */
@Tag("slow")
class SpawnCostTest {
  private static final int WARM_UP = 500;
  private static final int ROUNDS = 3000;

  @Test
  void given_true_then_a_command_costs_less_than_two_and_a_half_plain_spawns() throws IOException {
    PlainSpawn plain = new PlainSpawn();
    PolicyGuard listed =
        new PolicyGuard(
            Policy.of(
                PolicySettings.OPEN.toBuilder()
                    .commandAllowlist(List.of("/bin/true", "/bin/false", "/opt/tools/"))
                    .build()));
    try (ExecFixture exec = new ExecFixture(ExecLimits.DEFAULT, Set.of());
        ExecFixture judged = new ExecFixture(ExecLimits.DEFAULT, Set.of(), null, listed)) {
      ExecServiceBlockingStub stub = exec.stub();
      ExecServiceBlockingStub judgedStub = judged.stub();
      ExecuteRequest own = ExecFixture.program("/bin/true", "x").build();
      ExecuteRequest other = own.toBuilder().setRunAsUser("nobody").build();
      boolean root = "root".equals(System.getProperty("user.name"));
      Runnable[] ways = {
        plain::run,
        () -> stub.execute(own),
        () -> stub.execute(root ? other : own),
        () -> judgedStub.execute(own)
      };
      long[][] nanos = new long[ways.length][ROUNDS];
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        for (int way = 0; way < ways.length; way++) {
          long start = System.nanoTime();
          ways[way].run();
          if (round >= 0) {
            nanos[way][round] = System.nanoTime() - start;
          }
        }
      }
      report("posix_spawn and waitpid", nanos[0]);
      report("Execute", nanos[1]);
      report(root ? "Execute as another user" : "Execute", nanos[2]);
      report("Execute, allowlist of 3", nanos[3]);
      assertThat(nanos[1][ROUNDS / 2]).isLessThan(nanos[0][ROUNDS / 2] * 5 / 2);
    }
  }

  private static void report(String what, long[] nanos) {
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "%-26s p50 %.3f ms  p99 %.3f ms%n",
        what,
        nanos[nanos.length / 2] / 1e6,
        nanos[nanos.length * 99 / 100] / 1e6);
  }
}
