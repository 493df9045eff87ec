package com.limiquantix.agent.app.config;

import com.limiquantix.agent.app.config.AgentConfig.LinkKind;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.security.policy.Profile;
import com.limiquantix.agent.transport.link.Vsock;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** The table of all keys, in the order in which they are rendered and documented. */
final class Schema {

  static final String TOP = "";
  static final String TRANSPORT = "transport";
  static final String SECURITY = "security";
  static final String LIMITS = "limits";
  static final String AUDIT = "audit";
  static final String HEALTH = "health";

  /** The sections, in order, without the top level. */
  static final List<String> SECTIONS = List.of(TRANSPORT, SECURITY, LIMITS, AUDIT, HEALTH);

  private static final int DAY_SECS = 86_400;
  private static final boolean RELOADED = true;
  private static final boolean AT_START = false;

  private static final ValueType<Path> PATH = new ValueType.AbsolutePath();
  private static final ValueType<Boolean> FLAG = new ValueType.Flag();

  static final List<ConfigKey<?>> KEYS =
      List.of(
          number(
              TOP,
              "telemetry_interval_secs",
              new ValueType.WholeNumber(1, 3600, "seconds"),
              "Time between two telemetry reports.",
              AgentConfig::telemetryIntervalSecs,
              AgentConfigBuilder::telemetryIntervalSecs),
          number(
              TOP,
              "max_exec_timeout_secs",
              new ValueType.WholeNumber(1, DAY_SECS, "seconds"),
              "Longest time a command may take, and what it gets if the host names none.",
              AgentConfig::maxExecTimeoutSecs,
              AgentConfigBuilder::maxExecTimeoutSecs),
          number(
              TOP,
              "max_chunk_size",
              new ValueType.WholeNumber(4096, 1_048_576, "bytes"),
              "Most file content in one answer, and what is sent if the host names no size.",
              AgentConfig::maxChunkSize,
              AgentConfigBuilder::maxChunkSize),
          key(
              TOP,
              "log_level",
              new ValueType.Choice<>(List.of(LogLevel.values()), LogLevel::yamlName),
              RELOADED,
              "Least severe level that is logged.",
              AgentConfig::logLevel,
              AgentConfigBuilder::logLevel),
          key(
              TOP,
              "log_format",
              new ValueType.Choice<>(List.of(LogFormat.values()), LogFormat::yamlName),
              AT_START,
              "json writes one object per line, pretty is for people.",
              AgentConfig::logFormat,
              AgentConfigBuilder::logFormat),
          key(
              TOP,
              "log_file",
              new ValueType.PathOr(List.of(""), "\"\" for standard output"),
              AT_START,
              "Where the log goes.",
              AgentConfig::logFile,
              AgentConfigBuilder::logFile),
          key(
              TOP,
              "log_max_size_bytes",
              new ValueType.WholeNumber(65_536, 1_073_741_824, "bytes"),
              AT_START,
              "Size at which log_file is rotated.",
              AgentConfig::logMaxSizeBytes,
              AgentConfigBuilder::logMaxSizeBytes),
          key(
              TOP,
              "log_max_files",
              new ValueType.WholeNumber(1, 100, "files"),
              AT_START,
              "Rotated files that are kept beside log_file.",
              config -> (long) config.logMaxFiles(),
              (builder, value) -> builder.logMaxFiles(Math.toIntExact(value))),
          key(
              TOP,
              "device_path",
              new ValueType.PathOr(
                  List.of(AgentConfig.AUTO_DEVICE, AgentConfig.NO_DEVICE), "auto, none"),
              AT_START,
              "Port to serve; auto serves all that transport names, none leaves all alone.",
              AgentConfig::devicePath,
              AgentConfigBuilder::devicePath),
          key(
              TOP,
              "protocols",
              new ValueType.SetOf<>(List.of(ProtocolVersion.values())),
              AT_START,
              "What hosts may speak; without v1 contents cannot pose as requests.",
              AgentConfig::protocols,
              AgentConfigBuilder::protocols),
          key(
              TOP,
              "pre_freeze_script_dir",
              PATH,
              RELOADED,
              "Directory of the scripts that run before file systems are frozen.",
              AgentConfig::preFreezeScriptDir,
              AgentConfigBuilder::preFreezeScriptDir),
          key(
              TOP,
              "post_thaw_script_dir",
              PATH,
              RELOADED,
              "Directory of the scripts that run after file systems are thawed.",
              AgentConfig::postThawScriptDir,
              AgentConfigBuilder::postThawScriptDir),
          key(
              TRANSPORT,
              "order",
              new ValueType.OrderOf<>(new ValueType.SetOf<>(List.of(LinkKind.values()))),
              AT_START,
              "What device_path: auto serves, all at once; they are opened in this order.",
              config -> config.transport().order(),
              AgentConfigBuilder::transportOrder),
          key(
              TRANSPORT,
              "port_names",
              new ValueType.NameList(),
              AT_START,
              "Names of the virtio-serial ports to serve.",
              config -> config.transport().portNames(),
              AgentConfigBuilder::transportPortNames),
          key(
              TRANSPORT,
              "vsock_cid",
              new ValueType.WholeNumber(Vsock.LOCAL_CID, Vsock.LAST_CID, ""),
              AT_START,
              "CID of the host, to dial and to let in.",
              config -> config.transport().vsockCid(),
              AgentConfigBuilder::transportVsockCid),
          key(
              TRANSPORT,
              "vsock_port",
              new ValueType.WholeNumber(1, Vsock.LAST_PRIVILEGED_PORT, ""),
              AT_START,
              "Port of the host to dial.",
              config -> (long) config.transport().vsockPort(),
              (builder, value) -> builder.transportVsockPort(Math.toIntExact(value))),
          key(
              TRANSPORT,
              "vsock_v1_port",
              new ValueType.WholeNumber(0, Vsock.LAST_PORT, ""),
              AT_START,
              "Port of a host of version 1 to dial, which is 9443; 0 dials none.",
              config -> config.transport().vsockV1Port(),
              AgentConfigBuilder::transportVsockV1Port),
          key(
              TRANSPORT,
              "vsock_listen_port",
              new ValueType.WholeNumber(0, Vsock.LAST_PRIVILEGED_PORT, ""),
              AT_START,
              "Port on which the host may connect; 0 listens nowhere.",
              config -> (long) config.transport().vsockListenPort(),
              (builder, value) -> builder.transportVsockListenPort(Math.toIntExact(value))),
          key(
              SECURITY,
              "profile",
              new ValueType.Choice<>(List.of(Profile.values()), Profile::text),
              RELOADED,
              "What is allowed where no other key of the section says otherwise.",
              config -> config.security().policy().profile(),
              AgentConfigBuilder::profile),
          key(
              SECURITY,
              "command_allowlist",
              PolicyEntries.COMMANDS,
              RELOADED,
              "The only commands that the host may run; empty leaves it to the profile.",
              config -> config.security().policy().commandAllowlist(),
              AgentConfigBuilder::commandAllowlist),
          key(
              SECURITY,
              "command_blocklist",
              PolicyEntries.COMMANDS,
              RELOADED,
              "Commands that the host may not run.",
              config -> config.security().policy().commandBlocklist(),
              AgentConfigBuilder::commandBlocklist),
          key(
              SECURITY,
              "allow_shell",
              FLAG,
              RELOADED,
              "Whether the host may hand lines to the shell.",
              config -> config.security().policy().allowShell(),
              AgentConfigBuilder::allowShell),
          key(
              SECURITY,
              "allowed_users",
              PolicyEntries.USERS,
              RELOADED,
              "The only users that commands may run as; empty allows all.",
              config -> config.security().policy().allowedUsers(),
              AgentConfigBuilder::allowedUsers),
          key(
              SECURITY,
              "allowed_operations",
              PolicyEntries.ALLOWED_OPERATIONS,
              RELOADED,
              "All that is served; empty leaves it to the profile.",
              config -> config.security().policy().allowedOperations(),
              AgentConfigBuilder::allowedOperations),
          key(
              SECURITY,
              "disabled_operations",
              PolicyEntries.DISABLED_OPERATIONS,
              RELOADED,
              "What is not served, whatever else allows it.",
              config -> config.security().policy().disabledOperations(),
              AgentConfigBuilder::disabledOperations),
          key(
              SECURITY,
              "allow_file_read_paths",
              PolicyEntries.PATHS,
              RELOADED,
              "Where alone the host may read files; empty leaves it to the profile.",
              config -> config.security().policy().allowFileReadPaths(),
              AgentConfigBuilder::allowFileReadPaths),
          key(
              SECURITY,
              "deny_file_read_paths",
              PolicyEntries.PATHS,
              RELOADED,
              "Where the host may not read files.",
              config -> config.security().policy().denyFileReadPaths(),
              AgentConfigBuilder::denyFileReadPaths),
          key(
              SECURITY,
              "allow_file_write_paths",
              PolicyEntries.PATHS,
              RELOADED,
              "Where alone the host may write files; empty leaves it to the profile.",
              config -> config.security().policy().allowFileWritePaths(),
              AgentConfigBuilder::allowFileWritePaths),
          key(
              SECURITY,
              "deny_file_write_paths",
              PolicyEntries.PATHS,
              RELOADED,
              "Where the host may not write files.",
              config -> config.security().policy().denyFileWritePaths(),
              AgentConfigBuilder::denyFileWritePaths),
          number(
              SECURITY,
              "max_commands_per_minute",
              new ValueType.WholeNumber(0, 100_000, "commands per minute"),
              "How many commands each host connection may start; 0 sets no limit.",
              config -> config.security().maxCommandsPerMinute(),
              AgentConfigBuilder::maxCommandsPerMinute),
          number(
              SECURITY,
              "max_file_ops_per_second",
              new ValueType.WholeNumber(0, 100_000, "operations per second"),
              "How many file operations each host connection may ask for; 0 sets no limit.",
              config -> config.security().maxFileOpsPerSecond(),
              AgentConfigBuilder::maxFileOpsPerSecond),
          key(
              SECURITY,
              "audit_logging",
              FLAG,
              RELOADED,
              "Whether every call is written to the audit log.",
              config -> config.security().auditLogging(),
              AgentConfigBuilder::auditLogging),
          number(
              LIMITS,
              "max_concurrent_calls",
              new ValueType.WholeNumber(1, 1024, "calls"),
              "Calls of all host connections that may be open at once.",
              config -> config.limits().maxConcurrentCalls(),
              AgentConfigBuilder::maxConcurrentCalls),
          key(
              LIMITS,
              "max_concurrent_commands",
              new ValueType.WholeNumber(1, 1024, "commands"),
              AT_START,
              "Commands that may run at once while a call waits for them.",
              config -> (long) config.limits().maxConcurrentCommands(),
              (builder, value) -> builder.maxConcurrentCommands(Math.toIntExact(value))),
          key(
              LIMITS,
              "max_detached_commands",
              new ValueType.WholeNumber(1, 1024, "commands"),
              AT_START,
              "Commands that may run at once without a call that waits for them.",
              config -> (long) config.limits().maxDetachedCommands(),
              (builder, value) -> builder.maxDetachedCommands(Math.toIntExact(value))),
          number(
              LIMITS,
              "max_open_transfers",
              new ValueType.WholeNumber(1, 1024, "operations"),
              "File operations that may be open at once.",
              config -> config.limits().maxOpenTransfers(),
              AgentConfigBuilder::maxOpenTransfers),
          key(
              LIMITS,
              "max_bytes_per_call",
              new ValueType.WholeNumber(0, 1_099_511_627_776L, "bytes"),
              RELOADED,
              "Bytes of all messages of one call, both ways; 0 sets no limit.",
              config -> config.limits().maxBytesPerCall(),
              AgentConfigBuilder::maxBytesPerCall),
          number(
              LIMITS,
              "total_commands_per_minute",
              new ValueType.WholeNumber(0, 100_000, "commands per minute"),
              "How many commands all host connections together may start; 0 sets no limit.",
              config -> config.limits().totalCommandsPerMinute(),
              AgentConfigBuilder::totalCommandsPerMinute),
          number(
              LIMITS,
              "total_file_ops_per_second",
              new ValueType.WholeNumber(0, 100_000, "operations per second"),
              "How many file operations all of them together may ask for; 0 sets no limit.",
              config -> config.limits().totalFileOpsPerSecond(),
              AgentConfigBuilder::totalFileOpsPerSecond),
          key(
              AUDIT,
              "file",
              PATH,
              AT_START,
              "Where calls are recorded; only its owner may read it.",
              config -> config.audit().file(),
              AgentConfigBuilder::auditFile),
          key(
              AUDIT,
              "max_size_bytes",
              new ValueType.WholeNumber(65_536, 1_073_741_824, "bytes"),
              AT_START,
              "Size at which the file is rotated.",
              config -> config.audit().maxSizeBytes(),
              AgentConfigBuilder::auditMaxSizeBytes),
          key(
              AUDIT,
              "max_files",
              new ValueType.WholeNumber(1, 100, "files"),
              AT_START,
              "Rotated files that are kept beside it.",
              config -> (long) config.audit().maxFiles(),
              (builder, value) -> builder.auditMaxFiles(Math.toIntExact(value))),
          key(
              AUDIT,
              "signs_of_life",
              FLAG,
              RELOADED,
              "Whether ping, capabilities and health are recorded too.",
              config -> config.audit().signsOfLife(),
              AgentConfigBuilder::auditSignsOfLife),
          key(
              AUDIT,
              "failure",
              new ValueType.Choice<>(List.of(FailureMode.values()), FailureMode::yamlName),
              RELOADED,
              "Whether calls are served while they cannot be recorded.",
              config -> config.audit().failure(),
              AgentConfigBuilder::auditFailure),
          key(
              AUDIT,
              "journal",
              FLAG,
              AT_START,
              "Whether records also go to the systemd journal.",
              config -> config.audit().journal(),
              AgentConfigBuilder::auditJournal),
          key(
              AUDIT,
              "syslog",
              FLAG,
              AT_START,
              "Whether records also go to the local syslog, by RFC 5424.",
              config -> config.audit().syslog(),
              AgentConfigBuilder::auditSyslog),
          key(
              AUDIT,
              "to_host",
              FLAG,
              AT_START,
              "Whether hosts may subscribe to records.",
              config -> config.audit().toHost(),
              AgentConfigBuilder::auditToHost),
          key(
              HEALTH,
              "enabled",
              FLAG,
              RELOADED,
              "Whether the agent watches itself.",
              config -> config.health().enabled(),
              AgentConfigBuilder::healthEnabled),
          number(
              HEALTH,
              "interval_secs",
              new ValueType.WholeNumber(1, 3600, "seconds"),
              "Time between two checks.",
              config -> config.health().intervalSecs(),
              AgentConfigBuilder::healthIntervalSecs),
          number(
              HEALTH,
              "telemetry_timeout_secs",
              new ValueType.WholeNumber(1, DAY_SECS, "seconds"),
              "Time without telemetry that makes the agent unhealthy; at least two intervals"
                  + " count.",
              config -> config.health().telemetryTimeoutSecs(),
              AgentConfigBuilder::healthTelemetryTimeoutSecs));

  private Schema() {}

  private static <T> ConfigKey<T> key(
      String section,
      String name,
      ValueType<T> type,
      boolean reloadable,
      String purpose,
      Function<AgentConfig, T> get,
      BiConsumer<AgentConfigBuilder, T> set) {
    return new ConfigKey<>(section, name, type, reloadable, purpose, get, set);
  }

  private static ConfigKey<Long> number(
      String section,
      String name,
      ValueType.WholeNumber type,
      String purpose,
      ToIntFunction<AgentConfig> get,
      BiConsumer<AgentConfigBuilder, Integer> set) {
    return key(
        section,
        name,
        type,
        RELOADED,
        purpose,
        config -> (long) get.applyAsInt(config),
        (builder, value) -> set.accept(builder, Math.toIntExact(value)));
  }

  /** Returns the key of exactly this name in exactly this section. */
  static Optional<ConfigKey<?>> find(String section, String name) {
    for (ConfigKey<?> key : KEYS) {
      if (key.section().equals(section) && key.name().equals(name)) {
        return Optional.of(key);
      }
    }
    return Optional.empty();
  }

  /**
   * Checks every value against its range.
   *
   * @throws IllegalArgumentException naming the key and what is wrong
   */
  static void check(AgentConfig config) {
    for (ConfigKey<?> key : KEYS) {
      Optional<String> fault = key.fault(config);
      if (fault.isPresent()) {
        throw new IllegalArgumentException(key.path() + ": " + fault.get());
      }
    }
  }
}
