package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.limiquantix.agent.app.v1peer.V1Frames;
import com.limiquantix.agent.app.v1peer.V1Vectors;
import com.limiquantix.agent.protocol.Limits;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.ClipboardChangedEvent;
import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ErrorSeverity;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.FileReadRequest;
import com.limiquantix.agent.protocol.v1.FileReadResponse;
import com.limiquantix.agent.protocol.v1.FileWriteRequest;
import com.limiquantix.agent.protocol.v1.FileWriteResponse;
import com.limiquantix.agent.protocol.v1.FrozenFilesystem;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesRequest;
import com.limiquantix.agent.protocol.v1.GetCapabilitiesResponse;
import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import com.limiquantix.agent.protocol.v1.InterfaceState;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.PongResponse;
import com.limiquantix.agent.protocol.v1.QuiesceFilesystemsRequest;
import com.limiquantix.agent.protocol.v1.QuiesceFilesystemsResponse;
import com.limiquantix.agent.protocol.v1.ShutdownRequest;
import com.limiquantix.agent.protocol.v1.ShutdownResponse;
import com.limiquantix.agent.protocol.v1.ShutdownType;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The product's messages against frames that were written down by hand. */
final class V1VectorTest {

  private static ByteString bytes(int... values) {
    ByteString.Output out = ByteString.newOutput();
    for (int value : values) {
      out.write(value);
    }
    return out.toByteString();
  }

  private static Timestamp time(long seconds, int nanos) {
    return Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos).build();
  }

  private static AgentMessage.Builder payload(String name) {
    AgentMessage.Builder message = AgentMessage.newBuilder();
    return switch (name) {
      case "ping" -> message.setPing(PingRequest.newBuilder().setSequence(300));
      case "pong" ->
          message.setPong(
              PongResponse.newBuilder()
                  .setSequence(300)
                  .setVersion("0.9.4")
                  .setUptimeSeconds(86_400));
      case "execute" -> message.setExecute(execute());
      case "execute_response" -> message.setExecuteResponse(executed());
      case "execute_response_failed" ->
          message.setExecuteResponse(
              ExecuteResponse.newBuilder().setExitCode(-1).setError("NOT_FOUND: no such program"));
      case "file_write" -> message.setFileWrite(fileWrite());
      case "file_write_response" ->
          message.setFileWriteResponse(
              FileWriteResponse.newBuilder().setSuccess(true).setBytesWritten(8).setChunkNumber(1));
      case "file_read" ->
          message.setFileRead(
              FileReadRequest.newBuilder()
                  .setPath("/var/log/syslog")
                  .setOffset(5_000_000_000L)
                  .setLength(8)
                  .setChunkSize(4096));
      case "file_read_response" -> message.setFileReadResponse(content());
      case "file_read_response_failed" ->
          message.setFileReadResponse(
              FileReadResponse.newBuilder().setError("PERMISSION_DENIED: /etc/shadow"));
      default -> systemPayload(name, message);
    };
  }

  private static AgentMessage.Builder systemPayload(String name, AgentMessage.Builder message) {
    return switch (name) {
      case "shutdown" ->
          message.setShutdown(
              ShutdownRequest.newBuilder()
                  .setType(ShutdownType.SHUTDOWN_TYPE_REBOOT)
                  .setDelaySeconds(60)
                  .setMessage("maintenance"));
      case "shutdown_response" ->
          message.setShutdownResponse(ShutdownResponse.newBuilder().setAccepted(true));
      case "quiesce" ->
          message.setQuiesce(
              QuiesceFilesystemsRequest.newBuilder()
                  .addMountPoints("/")
                  .addMountPoints("/var")
                  .setTimeoutSeconds(10)
                  .setRunPreFreezeScripts(true)
                  .setPreFreezeScriptDir("/etc/limiquantix/pre-freeze.d"));
      case "quiesce_response" -> message.setQuiesceResponse(quiesced());
      case "get_capabilities" ->
          message.setGetCapabilities(GetCapabilitiesRequest.getDefaultInstance());
      case "get_capabilities_response" -> message.setGetCapabilitiesResponse(capabilities());
      case "agent_ready" -> message.setAgentReady(ready());
      case "telemetry" -> message.setTelemetry(telemetry());
      case "error" ->
          message.setError(
              ErrorEvent.newBuilder()
                  .setSeverity(ErrorSeverity.ERROR_SEVERITY_CRITICAL)
                  .setCode("DISK_FULL")
                  .setMessage("no space left on /var")
                  .putDetails("mount_point", "/var"));
      case "clipboard_changed" ->
          message.setClipboardChanged(
              ClipboardChangedEvent.newBuilder()
                  .setData(ByteString.copyFromUtf8("ä"))
                  .setMimeType("text/plain"));
      default -> throw new IllegalArgumentException("no expectation for " + name);
    };
  }

  private static ExecuteRequest execute() {
    return ExecuteRequest.newBuilder()
        .setCommand("/usr/bin/env")
        .addArgs("-u")
        .addArgs("HOME")
        .setWorkingDirectory("/tmp")
        .putEnvironment("LANG", "C.UTF-8")
        .putEnvironment("GRÜSSE", "schön")
        .setTimeoutSeconds(30)
        .setWaitForExit(true)
        .setRunAsUser("nobody")
        .setMaxOutputBytes(65_536)
        .setRunAsGroup("nogroup")
        .setIncludeSupplementaryGroups(true)
        .build();
  }

  private static ExecuteResponse executed() {
    return ExecuteResponse.newBuilder()
        .setExitCode(143)
        .setStdout("out\n")
        .setStderr("err\n")
        .setTruncated(true)
        .setTimedOut(true)
        .setDurationMs(30_001)
        .build();
  }

  private static FileWriteRequest fileWrite() {
    return FileWriteRequest.newBuilder()
        .setPath("/tmp/new")
        .setData(bytes(0, 0xff, 0x51, 0x54, 0x58, 1, 0x80, 10))
        .setOffset(65_536)
        .setAppend(true)
        .setEof(true)
        .setMode(0640)
        .setCreateParents(true)
        .setChunkNumber(1)
        .setTotalChunks(2)
        .build();
  }

  private static FileReadResponse content() {
    return FileReadResponse.newBuilder()
        .setSuccess(true)
        .setData(bytes(0, 1, 'e', 'n', 'd', 0xc3, '(', '\n'))
        .setEof(true)
        .setTotalSize(5_000_000_008L)
        .setOffset(5_000_000_000L)
        .setChunkNumber(1_220_703)
        .setMode(0100644)
        .setModifiedAt(time(1_699_999_999, 1))
        .build();
  }

  private static QuiesceFilesystemsResponse quiesced() {
    return QuiesceFilesystemsResponse.newBuilder()
        .setSuccess(true)
        .addFrozen(
            FrozenFilesystem.newBuilder()
                .setMountPoint("/")
                .setDevice("/dev/vda1")
                .setFilesystem("ext4")
                .setFrozen(true))
        .addFrozen(FrozenFilesystem.newBuilder().setMountPoint("/var").setError("busy"))
        .setQuiesceToken("token-1")
        .setAutoThawAt(time(1_700_000_100, 0))
        .build();
  }

  private static GetCapabilitiesResponse capabilities() {
    return GetCapabilitiesResponse.newBuilder()
        .setVersion("0.9.4")
        .setOs("linux")
        .setArchitecture("x86_64")
        .addCapabilities("execute")
        .addCapabilities("file_read")
        .putFeatures("telemetry", "true")
        .setBuildTime("2024-01-31T12:00:00Z")
        .setBuildCommit("0123abc")
        .build();
  }

  private static AgentReadyEvent ready() {
    return AgentReadyEvent.newBuilder()
        .setVersion("0.9.4")
        .setOsName("Debian GNU/Linux")
        .setOsVersion("12")
        .setKernelVersion("6.1.0-18-amd64")
        .setArchitecture("x86_64")
        .setHostname("db-1")
        .addIpAddresses("192.0.2.7")
        .addIpAddresses("2001:db8::7")
        .addCapabilities("execute")
        .build();
  }

  private static TelemetryReport telemetry() {
    return TelemetryReport.newBuilder()
        .setCpuUsagePercent(12.5)
        .setMemoryTotalBytes(4_294_967_296L)
        .setMemoryUsedBytes(1_073_741_824)
        .addDisks(
            DiskUsage.newBuilder()
                .setMountPoint("/")
                .setTotalBytes(1_000_000_000_000L)
                .setUsagePercent(0.1))
        .addInterfaces(
            InterfaceInfo.newBuilder()
                .setName("eth0")
                .addIpv4Addresses("192.0.2.7")
                .setState(InterfaceState.INTERFACE_STATE_UP)
                .setMtu(1500))
        .setLoadAvg1(0.25)
        .setProcessCount(123)
        .setUptimeSeconds(86_400)
        .setHostname("db-1")
        .build();
  }

  private static AgentMessage expected(String name) {
    return payload(name)
        .setMessageId(V1Vectors.id(name))
        .setTimestamp(time(V1Vectors.second(name), V1Vectors.NANOS))
        .build();
  }

  @ParameterizedTest
  @FieldSource("com.limiquantix.agent.app.v1peer.V1Vectors#NAMES")
  void theProductReadsTheVectorAndWritesTheSameBytes(String name) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(V1Vectors.frame(name));
    assertThat(frame.getInt()).isEqualTo(Limits.V1_MAGIC);
    assertThat(frame.getInt()).isEqualTo(frame.remaining());

    AgentMessage message = AgentMessage.parseFrom(frame);

    assertThat(message).isEqualTo(expected(name));
    assertThat(V1Frames.frame(message.toByteArray())).isEqualTo(V1Vectors.frame(name));
    assertThat(V1Frames.frame(expected(name).toByteArray())).isEqualTo(V1Vectors.frame(name));
  }
}
