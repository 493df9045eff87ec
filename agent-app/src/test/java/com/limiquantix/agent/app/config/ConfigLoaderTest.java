package com.limiquantix.agent.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.app.config.AgentConfig.LinkKind;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.security.policy.PolicySettings;
import com.limiquantix.agent.security.policy.Profile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigLoaderTest {

  private final Path directory;

  ConfigLoaderTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private final ConfigLoader loader = new ConfigLoader();

  @Test
  void givenNothing_thenTheDefaultsAreTheDocumentedOnes() {
    AgentConfig defaults = AgentConfig.defaults();

    assertThat(defaults)
        .isEqualTo(
            new AgentConfig(
                5,
                300,
                65536,
                LogLevel.INFO,
                LogFormat.JSON,
                "",
                10485760,
                5,
                "auto",
                EnumSet.allOf(ProtocolVersion.class),
                Path.of("/etc/limiquantix/pre-freeze.d"),
                Path.of("/etc/limiquantix/post-thaw.d"),
                new AgentConfig.Transport(
                    List.of(LinkKind.VSOCK, LinkKind.VIRTIO_SERIAL),
                    List.of("org.limiquantix.agent.0", "org.quantix.agent.0"),
                    2,
                    943,
                    0,
                    0),
                new AgentConfig.Security(PolicySettings.OPEN, 0, 0, false),
                new AgentConfig.Limits(1024, 64, 256, 64, 0, 0, 0),
                new AgentConfig.Audit(
                    Path.of("/var/log/limiquantix/audit.log"),
                    10485760,
                    5,
                    true,
                    FailureMode.ALLOW,
                    false,
                    false,
                    false),
                new AgentConfig.Health(true, 30, 60)));
    assertThat(defaults.logTarget()).isEmpty();
    assertThat(defaults.fixedDevice()).isEmpty();
    assertThat(defaults.servesDevices()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "---\n...\n",
        "{}\n",
        "\ufeff",
        "--- {}\n"
      })
  void givenAFileThatSaysNothing_thenDefaultsAreInEffect(String text) throws Exception {
    assertThat(load(text)).isEqualTo(AgentConfig.defaults());
  }

  @Test
  void givenEveryKey_thenEveryValueIsTaken() throws Exception {
    AgentConfig config =
        load(
            """
            telemetry_interval_secs: 10
            max_exec_timeout_secs: 86400
            max_chunk_size: 4096
            log_level: trace
            log_format: 'pretty'
            log_file: /var/log/agent (1) 100%.log
            log_max_size_bytes: 1073741824
            log_max_files: 100
            device_path: "/dev/vport0p1"
            transport:
              order: [virtio_serial, vsock]
              port_names:
                - org.example.0
              vsock_cid: 3
              vsock_port: 1
              vsock_v1_port: 9443
              vsock_listen_port: 22
            protocols: [v2]
            pre_freeze_script_dir: /opt/pre
            post_thaw_script_dir: /opt/post
            security:
              profile: managed
              command_allowlist:
                - /bin/true
                - /usr/bin/systemctl -- status *
                - /opt/tools/
              command_blocklist: [/sbin/reboot]
              allow_shell: false
              allowed_users: [app, 1000]
              allowed_operations: [exec, FileRead]
              disabled_operations: [clipboard]
              allow_file_read_paths: [/var/log]
              deny_file_read_paths: [/var/log/private]
              allow_file_write_paths: [/srv/in/]
              deny_file_write_paths: [/srv/in/.keep]
              max_commands_per_minute: 0
              max_file_ops_per_second: 0
              audit_logging: false
            health:
              enabled: false
              interval_secs: 3600
              telemetry_timeout_secs: 1
            """);

    assertThat(config)
        .isEqualTo(
            new AgentConfig(
                10,
                86400,
                4096,
                LogLevel.TRACE,
                LogFormat.PRETTY,
                "/var/log/agent (1) 100%.log",
                1073741824,
                100,
                "/dev/vport0p1",
                EnumSet.of(ProtocolVersion.V2),
                Path.of("/opt/pre"),
                Path.of("/opt/post"),
                new AgentConfig.Transport(
                    List.of(LinkKind.VIRTIO_SERIAL, LinkKind.VSOCK),
                    List.of("org.example.0"),
                    3,
                    1,
                    9443,
                    22),
                new AgentConfig.Security(
                    new PolicySettings(
                        Profile.MANAGED,
                        List.of("/bin/true", "/usr/bin/systemctl -- status *", "/opt/tools/"),
                        List.of("/sbin/reboot"),
                        false,
                        List.of("app", "1000"),
                        List.of("exec", "FileRead"),
                        List.of("clipboard"),
                        List.of("/var/log"),
                        List.of("/var/log/private"),
                        List.of("/srv/in/"),
                        List.of("/srv/in/.keep")),
                    0,
                    0,
                    false),
                AgentConfig.defaults().limits(),
                AgentConfig.defaults().audit(),
                new AgentConfig.Health(false, 3600, 1)));
    assertThat(config.logTarget()).contains(Path.of("/var/log/agent (1) 100%.log"));
    assertThat(config.fixedDevice()).contains(Path.of("/dev/vport0p1"));
    assertThat(config.servesDevices()).isTrue();
  }

  @Test
  void givenNoPortIsToBeServed_thenNoneIsTaken() throws Exception {
    AgentConfig config = load("device_path: none\n");

    assertThat(config.servesDevices()).isFalse();
    assertThat(config.fixedDevice()).isEmpty();
    assertThat(load(ConfigRenderer.render(config))).isEqualTo(config);
  }

  @Test
  void givenAMarkAndLineEndsOfWindows_thenTheFileIsRead() throws Exception {
    assertThat(load("\ufefflog_level: warn\r\nlog_max_files: 7\r\n"))
        .isEqualTo(
            AgentConfig.defaults().toBuilder().logLevel(LogLevel.WARN).logMaxFiles(7).build());
  }

  @Test
  void givenAnEmbedderWithAValueOutOfRange_thenTheKeyIsNamed() {
    AgentConfigBuilder builder = AgentConfig.defaults().toBuilder().healthIntervalSecs(0);

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("health.interval_secs: 0 is out of range; the key takes seconds, 1 to 3600");
  }

  @Test
  void givenALongTelemetryInterval_thenTwoOfThemMayPassInSilence() {
    AgentConfigBuilder builder = AgentConfig.defaults().toBuilder();

    assertThat(builder.build().telemetrySilenceLimitSecs()).isEqualTo(60);
    assertThat(builder.telemetryIntervalSecs(3600).build().telemetrySilenceLimitSecs())
        .isEqualTo(7200);
  }

  private AgentConfig load(String text) throws Exception {
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    LoadResult result = loader.load(file);
    assertThat(result).isInstanceOf(LoadResult.Loaded.class);
    return ((LoadResult.Loaded) result).config();
  }
}
