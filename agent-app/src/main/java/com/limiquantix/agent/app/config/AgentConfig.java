package com.limiquantix.agent.app.config;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.security.policy.PolicyRemarks;
import com.limiquantix.agent.security.policy.PolicySettings;
import com.limiquantix.agent.transport.link.DevicePorts;
import com.limiquantix.agent.transport.link.Vsock;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that an operator can set. Immutable; every instance is within the documented ranges.
 *
 * @param telemetryIntervalSecs seconds between two telemetry reports, 1 to 3600
 * @param maxExecTimeoutSecs the longest time a waited-for command may take, and what it gets when
 *     the request names none; seconds, 1 to 86400
 * @param maxChunkSize the most file content in one answer, and what a request gets that names none;
 *     bytes, 4096 to 1048576
 * @param logLevel the least severe level that is logged
 * @param logFormat how log records are written
 * @param logFile an absolute path, or empty for standard output; see {@link #logTarget()}
 * @param logMaxSizeBytes the size at which the log file is rotated; bytes, 65536 to 1073741824
 * @param logMaxFiles how many rotated files are kept beside the one being written, 1 to 100
 * @param devicePath the path of the port to serve, {@code auto} for all links of {@code transport}
 *     that are there, or {@code none}; see {@link #servesDevices()} and {@link #fixedDevice()}
 * @param protocols what hosts may speak, at least one
 * @param preFreezeScriptDir scripts to run before file systems are frozen
 * @param postThawScriptDir scripts to run after file systems are thawed
 * @param transport how the host is reached
 * @param security what the host may not do
 * @param limits how much the host may ask for at once and in all
 * @param audit where calls are recorded
 * @param health the agent's supervision of itself
 */
public record AgentConfig(
    int telemetryIntervalSecs,
    int maxExecTimeoutSecs,
    int maxChunkSize,
    LogLevel logLevel,
    LogFormat logFormat,
    String logFile,
    long logMaxSizeBytes,
    int logMaxFiles,
    String devicePath,
    Set<ProtocolVersion> protocols,
    Path preFreezeScriptDir,
    Path postThawScriptDir,
    Transport transport,
    Security security,
    Limits limits,
    Audit audit,
    Health health) {

  /** The value of {@code device_path} that serves all links of {@code transport}. */
  public static final String AUTO_DEVICE = "auto";

  /** The value of {@code device_path} that serves no port. */
  public static final String NO_DEVICE = "none";

  /** A kind of link between a VM and its host; the constants are in the default order. */
  public enum LinkKind {
    /** AF_VSOCK, vsock(7). */
    VSOCK,
    /** Virtio-serial ports. */
    VIRTIO_SERIAL
  }

  /**
   * How the host is reached.
   *
   * @param order the kinds of link that {@code device_path: auto} serves, at least one, in the
   *     order in which they are opened
   * @param portNames the names of the virtio-serial ports to serve, 1 to 8
   * @param vsockCid the host's CID, 1 to 4294967294
   * @param vsockPort the host's port, 1 to 1023
   * @param vsockV1Port the port of a host of version 1, 0 to 4294967294; 0 dials none
   * @param vsockListenPort where the host may connect, 0 to 1023; 0 listens nowhere
   */
  public record Transport(
      List<LinkKind> order,
      List<String> portNames,
      long vsockCid,
      int vsockPort,
      long vsockV1Port,
      int vsockListenPort) {
    /** Copies the lists. */
    public Transport {
      order = List.copyOf(order);
      portNames = List.copyOf(portNames);
    }
  }

  /**
   * What the host may not do. Empty lists and zeros restrict nothing.
   *
   * @param policy what may be asked for
   * @param maxCommandsPerMinute commands per minute, 0 to 100000; 0 sets no limit
   * @param maxFileOpsPerSecond file operations per second, 0 to 100000; 0 sets no limit
   * @param auditLogging whether every call is written to the audit log
   */
  public record Security(
      PolicySettings policy,
      int maxCommandsPerMinute,
      int maxFileOpsPerSecond,
      boolean auditLogging) {}

  /**
   * How much all host connections together may ask for. Zeros restrict nothing.
   *
   * @param maxConcurrentCalls open calls, 1 to 1024
   * @param maxConcurrentCommands running commands that a call waits for, 1 to 1024
   * @param maxDetachedCommands running commands that no call waits for, 1 to 1024
   * @param maxOpenTransfers open file operations, 1 to 1024
   * @param maxBytesPerCall bytes of all messages of a call, 0 to 2^40
   * @param totalCommandsPerMinute commands per minute, 0 to 100000
   * @param totalFileOpsPerSecond file operations per second, 0 to 100000
   */
  public record Limits(
      int maxConcurrentCalls,
      int maxConcurrentCommands,
      int maxDetachedCommands,
      int maxOpenTransfers,
      long maxBytesPerCall,
      int totalCommandsPerMinute,
      int totalFileOpsPerSecond) {}

  /**
   * Where calls are recorded while {@code security.audit_logging} is on.
   *
   * @param file the audit log
   * @param maxSizeBytes the size at which it is rotated; bytes, 65536 to 1073741824
   * @param maxFiles how many rotated files are kept beside the one being written, 1 to 100
   * @param signsOfLife whether ping, capabilities and health are recorded too
   * @param failure what becomes of calls that cannot be recorded
   * @param journal whether records also go to the systemd journal
   * @param syslog whether records also go to the local syslog
   * @param toHost whether records also go to hosts that subscribe to them
   */
  public record Audit(
      Path file,
      long maxSizeBytes,
      int maxFiles,
      boolean signsOfLife,
      FailureMode failure,
      boolean journal,
      boolean syslog,
      boolean toHost) {}

  /**
   * The agent's supervision of itself.
   *
   * @param enabled whether it is on
   * @param intervalSecs seconds between two checks, 1 to 3600
   * @param telemetryTimeoutSecs seconds without a telemetry report after which the agent counts as
   *     unhealthy, 1 to 86400; see {@link AgentConfig#telemetrySilenceLimitSecs()}
   */
  public record Health(boolean enabled, int intervalSecs, int telemetryTimeoutSecs) {}

  private static final AgentConfig DEFAULTS =
      new AgentConfig(
          5,
          300,
          65_536,
          LogLevel.INFO,
          LogFormat.JSON,
          "",
          10_485_760,
          5,
          AUTO_DEVICE,
          EnumSet.allOf(ProtocolVersion.class),
          Path.of("/etc/limiquantix/pre-freeze.d"),
          Path.of("/etc/limiquantix/post-thaw.d"),
          new Transport(
              List.of(LinkKind.values()),
              DevicePorts.AGENT_NAMES,
              Vsock.HOST_CID,
              Vsock.AGENT_PORT,
              0,
              0),
          new Security(PolicySettings.OPEN, 0, 0, false),
          new Limits(1024, 64, 256, 64, 0, 0, 0),
          new Audit(
              Path.of("/var/log/limiquantix/audit.log"),
              10_485_760,
              5,
              true,
              FailureMode.ALLOW,
              false,
              false,
              false),
          new Health(true, 30, 60));

  /**
   * Checks every value against its range.
   *
   * @throws IllegalArgumentException if a value is out of its range; the message names its key
   */
  public AgentConfig(
      int telemetryIntervalSecs,
      int maxExecTimeoutSecs,
      int maxChunkSize,
      LogLevel logLevel,
      LogFormat logFormat,
      String logFile,
      long logMaxSizeBytes,
      int logMaxFiles,
      String devicePath,
      Set<ProtocolVersion> protocols,
      Path preFreezeScriptDir,
      Path postThawScriptDir,
      Transport transport,
      Security security,
      Limits limits,
      Audit audit,
      Health health) {
    this.telemetryIntervalSecs = telemetryIntervalSecs;
    this.maxExecTimeoutSecs = maxExecTimeoutSecs;
    this.maxChunkSize = maxChunkSize;
    this.logLevel = logLevel;
    this.logFormat = logFormat;
    this.logFile = logFile;
    this.logMaxSizeBytes = logMaxSizeBytes;
    this.logMaxFiles = logMaxFiles;
    this.devicePath = devicePath;
    this.protocols = Set.copyOf(protocols);
    this.preFreezeScriptDir = preFreezeScriptDir;
    this.postThawScriptDir = postThawScriptDir;
    this.transport = transport;
    this.security = security;
    this.limits = limits;
    this.audit = audit;
    this.health = health;
    Schema.check(this);
  }

  /** Returns the configuration of an agent whose file is empty. */
  public static AgentConfig defaults() {
    return DEFAULTS;
  }

  /** Returns a builder that starts from this configuration. */
  public AgentConfigBuilder toBuilder() {
    return new AgentConfigBuilder(this);
  }

  /** Returns the log file, or empty if the log goes to standard output. */
  public Optional<Path> logTarget() {
    return logFile.isEmpty() ? Optional.empty() : Optional.of(Path.of(logFile));
  }

  /** Returns whether any port or vsock is to be served. */
  public boolean servesDevices() {
    return !devicePath.equals(NO_DEVICE);
  }

  /** Returns the one port to serve, or empty if a path does not say which. */
  public Optional<Path> fixedDevice() {
    return devicePath.equals(AUTO_DEVICE) || devicePath.equals(NO_DEVICE)
        ? Optional.empty()
        : Optional.of(Path.of(devicePath));
  }

  /**
   * Returns the seconds without telemetry after which the agent counts as unhealthy: {@code
   * health.telemetry_timeout_secs}, but never less than two telemetry intervals, so that a long
   * interval alone makes no agent look ill.
   */
  public long telemetrySilenceLimitSecs() {
    return Math.max(health.telemetryTimeoutSecs(), 2L * telemetryIntervalSecs);
  }

  /**
   * Returns a sentence for each protection that a door beside it makes pointless. They are no
   * problems: an agent starts with them.
   */
  public List<String> remarks() {
    return PolicyRemarks.of(security.policy());
  }
}
