package com.limiquantix.agent.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig.LinkKind;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.security.policy.Profile;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ConfigRendererTest {

  private static final Path FILE = Path.of("/agent.yaml");

  @Test
  void givenDefaults_whenRendered_thenTheyReadBackAsDefaults() {
    String text = ConfigRenderer.render(AgentConfig.defaults());

    assertThat(new ConfigLoader().parse(FILE, text))
        .isEqualTo(new LoadResult.Loaded(AgentConfig.defaults()));
    assertThat(text)
        .startsWith(
            """
            # Time between two telemetry reports.
            # Takes seconds, 1 to 3600. Default: 5. Reloaded by SIGHUP.
            telemetry_interval_secs: 5

            """)
        .contains(
            """
            # Where the log goes.
            # Takes "" for standard output or an absolute path. Default: "". A change needs a restart.
            log_file: ""
            """)
        .endsWith("\n  telemetry_timeout_secs: 60\n");
  }

  @Test
  void givenOddValuesInEveryKey_whenRendered_thenTheyReadBackTheSame() {
    AgentConfig odd =
        AgentConfig.defaults().toBuilder()
            .telemetryIntervalSecs(3600)
            .maxExecTimeoutSecs(1)
            .maxChunkSize(1_048_576)
            .logLevel(LogLevel.ERROR)
            .logFormat(LogFormat.PRETTY)
            .logFile("/a \"quoted\" \\ back # : - %d (x) 'y'")
            .logMaxSizeBytes(65_536)
            .logMaxFiles(1)
            .devicePath("/dev/null")
            .protocols(Set.of(ProtocolVersion.V1))
            .preFreezeScriptDir(Path.of("/yes"))
            .postThawScriptDir(Path.of("/tilde~/*/&"))
            .transportOrder(List.of(LinkKind.VIRTIO_SERIAL))
            .transportPortNames(List.of("0", "no", "a.b_c-d"))
            .transportVsockCid(4_294_967_294L)
            .transportVsockPort(1)
            .transportVsockV1Port(4_294_967_294L)
            .transportVsockListenPort(1_023)
            .commandAllowlist(List.of("/a,b", "/[c]", "/\u202e\u2028\ufeff", "/\ud83d\ude00"))
            .profile(Profile.MONITOR_ONLY)
            .commandBlocklist(List.of("/{d}", "/e -- * ...", "/f --"))
            .allowShell(false)
            .allowedUsers(List.of("0", "#a"))
            .allowedOperations(List.of("exec"))
            .disabledOperations(List.of("FileRead"))
            .allowFileReadPaths(List.of("/"))
            .denyFileReadPaths(List.of("/!!e"))
            .allowFileWritePaths(List.of("/ "))
            .denyFileWritePaths(List.of("/a: b"))
            .maxCommandsPerMinute(100_000)
            .maxFileOpsPerSecond(1)
            .auditLogging(true)
            .maxConcurrentCalls(1)
            .maxConcurrentCommands(1024)
            .maxDetachedCommands(1)
            .maxOpenTransfers(1024)
            .maxBytesPerCall(1_099_511_627_776L)
            .totalCommandsPerMinute(1)
            .totalFileOpsPerSecond(100_000)
            .auditFile(Path.of("/a: #b"))
            .auditMaxSizeBytes(1_073_741_824)
            .auditMaxFiles(100)
            .auditSignsOfLife(false)
            .auditFailure(FailureMode.REFUSE)
            .auditJournal(true)
            .auditSyslog(true)
            .auditToHost(true)
            .healthEnabled(false)
            .healthIntervalSecs(1)
            .healthTelemetryTimeoutSecs(86_400)
            .build();

    String text = ConfigRenderer.render(odd);

    assertThat(new ConfigLoader().parse(FILE, text)).isEqualTo(new LoadResult.Loaded(odd));
    for (ConfigKey<?> key : Schema.KEYS) {
      assertThat(key.isDefault(odd)).as(key.path()).isFalse();
    }
  }
}
