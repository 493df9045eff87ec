package com.limiquantix.agent.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConfigReloadTest {

  private static final AgentConfig CURRENT = AgentConfig.defaults();

  @Test
  void givenARefusedFile_whenReloaded_thenTheCurrentConfigurationStays() {
    ConfigProblem problem =
        new ConfigProblem(Path.of("/agent.yaml"), new Position(1, 1), "log_level", "is wrong");

    assertThat(ConfigReload.between(CURRENT, new LoadResult.Refused(List.of(problem))))
        .isEqualTo(new ConfigReload.Kept(CURRENT, List.of(problem)));
  }

  @Test
  void givenTheSameValues_whenReloaded_thenNothingChanges() {
    assertThat(ConfigReload.between(CURRENT, new LoadResult.Loaded(CURRENT)))
        .isEqualTo(new ConfigReload.Applied(CURRENT, List.of(), List.of()));
  }

  @Test
  void givenNewValues_whenReloaded_thenThoseThatNeedARestartWaitForIt() {
    AgentConfig reloadable =
        CURRENT.toBuilder().logLevel(LogLevel.DEBUG).healthEnabled(false).build();
    AgentConfig wanted =
        reloadable.toBuilder().logFile("/l").devicePath("/d").transportVsockPort(7).build();

    assertThat(ConfigReload.between(CURRENT, new LoadResult.Loaded(wanted)))
        .isEqualTo(
            new ConfigReload.Applied(
                reloadable,
                List.of("log_level", "health.enabled"),
                List.of("log_file", "device_path", "transport.vsock_port")));
  }

  @Test
  void givenAChangeThatWaitsForARestart_whenReloadedAgain_thenItIsNamedAgain() {
    LoadResult next = new LoadResult.Loaded(CURRENT.toBuilder().devicePath("/d").build());
    ConfigReload first = ConfigReload.between(CURRENT, next);

    assertThat(ConfigReload.between(first.effective(), next)).isEqualTo(first);
  }
}
