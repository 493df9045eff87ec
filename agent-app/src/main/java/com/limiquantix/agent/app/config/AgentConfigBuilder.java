package com.limiquantix.agent.app.config;

import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.security.policy.PolicySettings;
import com.limiquantix.agent.security.policy.PolicySettingsBuilder;
import com.limiquantix.agent.security.policy.Profile;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Collects the values of an {@link AgentConfig}, for harnesses and for the reader of the file. Each
 * method sets the value of the same name; ranges are checked by {@link #build()}. For one thread.
 */
public final class AgentConfigBuilder {

  private int telemetryIntervalSecs;
  private int maxExecTimeoutSecs;
  private int maxChunkSize;
  private LogLevel logLevel;
  private LogFormat logFormat;
  private String logFile;
  private long logMaxSizeBytes;
  private int logMaxFiles;
  private String devicePath;
  private Set<ProtocolVersion> protocols;
  private Path preFreezeScriptDir;
  private Path postThawScriptDir;
  private List<AgentConfig.LinkKind> transportOrder;
  private List<String> transportPortNames;
  private long transportVsockCid;
  private int transportVsockPort;
  private long transportVsockV1Port;
  private int transportVsockListenPort;
  private final PolicySettingsBuilder policy;
  private int maxCommandsPerMinute;
  private int maxFileOpsPerSecond;
  private boolean auditLogging;
  private int maxConcurrentCalls;
  private int maxConcurrentCommands;
  private int maxDetachedCommands;
  private int maxOpenTransfers;
  private long maxBytesPerCall;
  private int totalCommandsPerMinute;
  private int totalFileOpsPerSecond;
  private Path auditFile;
  private long auditMaxSizeBytes;
  private int auditMaxFiles;
  private boolean auditSignsOfLife;
  private FailureMode auditFailure;
  private boolean auditJournal;
  private boolean auditSyslog;
  private boolean auditToHost;
  private boolean healthEnabled;
  private int healthIntervalSecs;
  private int healthTelemetryTimeoutSecs;

  AgentConfigBuilder(AgentConfig config) {
    telemetryIntervalSecs = config.telemetryIntervalSecs();
    maxExecTimeoutSecs = config.maxExecTimeoutSecs();
    maxChunkSize = config.maxChunkSize();
    logLevel = config.logLevel();
    logFormat = config.logFormat();
    logFile = config.logFile();
    logMaxSizeBytes = config.logMaxSizeBytes();
    logMaxFiles = config.logMaxFiles();
    devicePath = config.devicePath();
    protocols = config.protocols();
    preFreezeScriptDir = config.preFreezeScriptDir();
    postThawScriptDir = config.postThawScriptDir();
    transportOrder = config.transport().order();
    transportPortNames = config.transport().portNames();
    transportVsockCid = config.transport().vsockCid();
    transportVsockPort = config.transport().vsockPort();
    transportVsockV1Port = config.transport().vsockV1Port();
    transportVsockListenPort = config.transport().vsockListenPort();
    policy = config.security().policy().toBuilder();
    maxCommandsPerMinute = config.security().maxCommandsPerMinute();
    maxFileOpsPerSecond = config.security().maxFileOpsPerSecond();
    auditLogging = config.security().auditLogging();
    maxConcurrentCalls = config.limits().maxConcurrentCalls();
    maxConcurrentCommands = config.limits().maxConcurrentCommands();
    maxDetachedCommands = config.limits().maxDetachedCommands();
    maxOpenTransfers = config.limits().maxOpenTransfers();
    maxBytesPerCall = config.limits().maxBytesPerCall();
    totalCommandsPerMinute = config.limits().totalCommandsPerMinute();
    totalFileOpsPerSecond = config.limits().totalFileOpsPerSecond();
    auditFile = config.audit().file();
    auditMaxSizeBytes = config.audit().maxSizeBytes();
    auditMaxFiles = config.audit().maxFiles();
    auditSignsOfLife = config.audit().signsOfLife();
    auditFailure = config.audit().failure();
    auditJournal = config.audit().journal();
    auditSyslog = config.audit().syslog();
    auditToHost = config.audit().toHost();
    healthEnabled = config.health().enabled();
    healthIntervalSecs = config.health().intervalSecs();
    healthTelemetryTimeoutSecs = config.health().telemetryTimeoutSecs();
  }

  /**
   * Returns the configuration.
   *
   * @throws IllegalArgumentException if a value is out of its range; the message names its key
   */
  public AgentConfig build() {
    return new AgentConfig(
        telemetryIntervalSecs,
        maxExecTimeoutSecs,
        maxChunkSize,
        logLevel,
        logFormat,
        logFile,
        logMaxSizeBytes,
        logMaxFiles,
        devicePath,
        protocols,
        preFreezeScriptDir,
        postThawScriptDir,
        new AgentConfig.Transport(
            transportOrder,
            transportPortNames,
            transportVsockCid,
            transportVsockPort,
            transportVsockV1Port,
            transportVsockListenPort),
        new AgentConfig.Security(
            policy.build(), maxCommandsPerMinute, maxFileOpsPerSecond, auditLogging),
        new AgentConfig.Limits(
            maxConcurrentCalls,
            maxConcurrentCommands,
            maxDetachedCommands,
            maxOpenTransfers,
            maxBytesPerCall,
            totalCommandsPerMinute,
            totalFileOpsPerSecond),
        new AgentConfig.Audit(
            auditFile,
            auditMaxSizeBytes,
            auditMaxFiles,
            auditSignsOfLife,
            auditFailure,
            auditJournal,
            auditSyslog,
            auditToHost),
        new AgentConfig.Health(healthEnabled, healthIntervalSecs, healthTelemetryTimeoutSecs));
  }

  /** Sets {@link AgentConfig#telemetryIntervalSecs()}. */
  public AgentConfigBuilder telemetryIntervalSecs(int value) {
    telemetryIntervalSecs = value;
    return this;
  }

  /** Sets {@link AgentConfig#maxExecTimeoutSecs()}. */
  public AgentConfigBuilder maxExecTimeoutSecs(int value) {
    maxExecTimeoutSecs = value;
    return this;
  }

  /** Sets {@link AgentConfig#maxChunkSize()}. */
  public AgentConfigBuilder maxChunkSize(int value) {
    maxChunkSize = value;
    return this;
  }

  /** Sets {@link AgentConfig#logLevel()}. */
  public AgentConfigBuilder logLevel(LogLevel value) {
    logLevel = value;
    return this;
  }

  /** Sets {@link AgentConfig#logFormat()}. */
  public AgentConfigBuilder logFormat(LogFormat value) {
    logFormat = value;
    return this;
  }

  /** Sets {@link AgentConfig#logFile()}. */
  public AgentConfigBuilder logFile(String value) {
    logFile = value;
    return this;
  }

  /** Sets {@link AgentConfig#logMaxSizeBytes()}. */
  public AgentConfigBuilder logMaxSizeBytes(long value) {
    logMaxSizeBytes = value;
    return this;
  }

  /** Sets {@link AgentConfig#logMaxFiles()}. */
  public AgentConfigBuilder logMaxFiles(int value) {
    logMaxFiles = value;
    return this;
  }

  /** Sets {@link AgentConfig#devicePath()}. */
  public AgentConfigBuilder devicePath(String value) {
    devicePath = value;
    return this;
  }

  /** Sets {@link AgentConfig#protocols()}. */
  public AgentConfigBuilder protocols(Set<ProtocolVersion> value) {
    protocols = value;
    return this;
  }

  /** Sets {@link AgentConfig#preFreezeScriptDir()}. */
  public AgentConfigBuilder preFreezeScriptDir(Path value) {
    preFreezeScriptDir = value;
    return this;
  }

  /** Sets {@link AgentConfig#postThawScriptDir()}. */
  public AgentConfigBuilder postThawScriptDir(Path value) {
    postThawScriptDir = value;
    return this;
  }

  /** Sets {@link AgentConfig.Transport#order()}. */
  public AgentConfigBuilder transportOrder(List<AgentConfig.LinkKind> value) {
    transportOrder = value;
    return this;
  }

  /** Sets {@link AgentConfig.Transport#portNames()}. */
  public AgentConfigBuilder transportPortNames(List<String> value) {
    transportPortNames = value;
    return this;
  }

  /** Sets {@link AgentConfig.Transport#vsockCid()}. */
  public AgentConfigBuilder transportVsockCid(long value) {
    transportVsockCid = value;
    return this;
  }

  /** Sets {@link AgentConfig.Transport#vsockPort()}. */
  public AgentConfigBuilder transportVsockPort(int value) {
    transportVsockPort = value;
    return this;
  }

  /** Sets {@link AgentConfig.Transport#vsockV1Port()}. */
  public AgentConfigBuilder transportVsockV1Port(long value) {
    transportVsockV1Port = value;
    return this;
  }

  /** Sets {@link AgentConfig.Transport#vsockListenPort()}. */
  public AgentConfigBuilder transportVsockListenPort(int value) {
    transportVsockListenPort = value;
    return this;
  }

  /** Sets {@link PolicySettings#profile()}. */
  public AgentConfigBuilder profile(Profile value) {
    policy.profile(value);
    return this;
  }

  /** Sets {@link PolicySettings#commandAllowlist()}. */
  public AgentConfigBuilder commandAllowlist(List<String> value) {
    policy.commandAllowlist(value);
    return this;
  }

  /** Sets {@link PolicySettings#commandBlocklist()}. */
  public AgentConfigBuilder commandBlocklist(List<String> value) {
    policy.commandBlocklist(value);
    return this;
  }

  /** Sets {@link PolicySettings#allowShell()}. */
  public AgentConfigBuilder allowShell(boolean value) {
    policy.allowShell(value);
    return this;
  }

  /** Sets {@link PolicySettings#allowedUsers()}. */
  public AgentConfigBuilder allowedUsers(List<String> value) {
    policy.allowedUsers(value);
    return this;
  }

  /** Sets {@link PolicySettings#allowedOperations()}. */
  public AgentConfigBuilder allowedOperations(List<String> value) {
    policy.allowedOperations(value);
    return this;
  }

  /** Sets {@link PolicySettings#disabledOperations()}. */
  public AgentConfigBuilder disabledOperations(List<String> value) {
    policy.disabledOperations(value);
    return this;
  }

  /** Sets {@link PolicySettings#allowFileReadPaths()}. */
  public AgentConfigBuilder allowFileReadPaths(List<String> value) {
    policy.allowFileReadPaths(value);
    return this;
  }

  /** Sets {@link PolicySettings#denyFileReadPaths()}. */
  public AgentConfigBuilder denyFileReadPaths(List<String> value) {
    policy.denyFileReadPaths(value);
    return this;
  }

  /** Sets {@link PolicySettings#allowFileWritePaths()}. */
  public AgentConfigBuilder allowFileWritePaths(List<String> value) {
    policy.allowFileWritePaths(value);
    return this;
  }

  /** Sets {@link PolicySettings#denyFileWritePaths()}. */
  public AgentConfigBuilder denyFileWritePaths(List<String> value) {
    policy.denyFileWritePaths(value);
    return this;
  }

  /** Sets {@link AgentConfig.Security#maxCommandsPerMinute()}. */
  public AgentConfigBuilder maxCommandsPerMinute(int value) {
    maxCommandsPerMinute = value;
    return this;
  }

  /** Sets {@link AgentConfig.Security#maxFileOpsPerSecond()}. */
  public AgentConfigBuilder maxFileOpsPerSecond(int value) {
    maxFileOpsPerSecond = value;
    return this;
  }

  /** Sets {@link AgentConfig.Security#auditLogging()}. */
  public AgentConfigBuilder auditLogging(boolean value) {
    auditLogging = value;
    return this;
  }

  /** Sets {@link AgentConfig.Limits#maxConcurrentCalls()}. */
  public AgentConfigBuilder maxConcurrentCalls(int value) {
    maxConcurrentCalls = value;
    return this;
  }

  /** Sets {@link AgentConfig.Limits#maxConcurrentCommands()}. */
  public AgentConfigBuilder maxConcurrentCommands(int value) {
    maxConcurrentCommands = value;
    return this;
  }

  /** Sets {@link AgentConfig.Limits#maxDetachedCommands()}. */
  public AgentConfigBuilder maxDetachedCommands(int value) {
    maxDetachedCommands = value;
    return this;
  }

  /** Sets {@link AgentConfig.Limits#maxOpenTransfers()}. */
  public AgentConfigBuilder maxOpenTransfers(int value) {
    maxOpenTransfers = value;
    return this;
  }

  /** Sets {@link AgentConfig.Limits#maxBytesPerCall()}. */
  public AgentConfigBuilder maxBytesPerCall(long value) {
    maxBytesPerCall = value;
    return this;
  }

  /** Sets {@link AgentConfig.Limits#totalCommandsPerMinute()}. */
  public AgentConfigBuilder totalCommandsPerMinute(int value) {
    totalCommandsPerMinute = value;
    return this;
  }

  /** Sets {@link AgentConfig.Limits#totalFileOpsPerSecond()}. */
  public AgentConfigBuilder totalFileOpsPerSecond(int value) {
    totalFileOpsPerSecond = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#file()}. */
  public AgentConfigBuilder auditFile(Path value) {
    auditFile = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#maxSizeBytes()}. */
  public AgentConfigBuilder auditMaxSizeBytes(long value) {
    auditMaxSizeBytes = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#maxFiles()}. */
  public AgentConfigBuilder auditMaxFiles(int value) {
    auditMaxFiles = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#signsOfLife()}. */
  public AgentConfigBuilder auditSignsOfLife(boolean value) {
    auditSignsOfLife = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#failure()}. */
  public AgentConfigBuilder auditFailure(FailureMode value) {
    auditFailure = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#journal()}. */
  public AgentConfigBuilder auditJournal(boolean value) {
    auditJournal = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#syslog()}. */
  public AgentConfigBuilder auditSyslog(boolean value) {
    auditSyslog = value;
    return this;
  }

  /** Sets {@link AgentConfig.Audit#toHost()}. */
  public AgentConfigBuilder auditToHost(boolean value) {
    auditToHost = value;
    return this;
  }

  /** Sets {@link AgentConfig.Health#enabled()}. */
  public AgentConfigBuilder healthEnabled(boolean value) {
    healthEnabled = value;
    return this;
  }

  /** Sets {@link AgentConfig.Health#intervalSecs()}. */
  public AgentConfigBuilder healthIntervalSecs(int value) {
    healthIntervalSecs = value;
    return this;
  }

  /** Sets {@link AgentConfig.Health#telemetryTimeoutSecs()}. */
  public AgentConfigBuilder healthTelemetryTimeoutSecs(int value) {
    healthTelemetryTimeoutSecs = value;
    return this;
  }
}
