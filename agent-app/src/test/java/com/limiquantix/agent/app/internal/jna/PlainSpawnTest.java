package com.limiquantix.agent.app.internal.jna;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class PlainSpawnTest {

  @Test
  void givenAProgramThatSucceeds_thenItCanBeRunAgainAndAgain() {
    PlainSpawn spawn = new PlainSpawn("/bin/true");
    assertThatCode(
            () -> {
              spawn.run();
              spawn.run();
            })
        .doesNotThrowAnyException();
  }

  @Test
  void givenAProgramThatFailsOrIsMissing_thenThatIsNoMeasurement() {
    assertThatThrownBy(new PlainSpawn("/bin/false")::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("status");
    assertThatThrownBy(new PlainSpawn("/no/such/program")::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("errno 2");
  }
}
