package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.AgentReadyEvent;
import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import com.limiquantix.agent.protocol.v2.AuditHead;
import com.limiquantix.agent.protocol.v2.Event;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** One object for each event; members have the names of the protocol's fields. */
final class EventJson {
  private EventJson() {}

  static JsonObject of(WatchedKind kind, Event event) {
    JsonObject json = new JsonObject().putUnsigned("sequence", event.getSequence());
    Optional<String> time = GuestFigures.time(event.getTimestamp());
    if (time.isPresent()) {
      json.put("timestamp", time.get());
    } else {
      json.putNull("timestamp");
    }
    json.putUnsigned("dropped", event.getDropped());
    if (event.hasAuditHead()) {
      json.put("audit_head", head(event.getAuditHead()));
    }
    return json.put("kind", kind.label())
        .put(
            kind.label(),
            switch (kind) {
              case AGENT_READY -> ready(event.getAgentReady());
              case TELEMETRY -> telemetry(event.getTelemetry());
              case ERROR -> error(event.getError());
              case AUDIT ->
                  head(event.getAudit().getHead()).put("line", event.getAudit().getLine());
            });
  }

  private static JsonObject head(AuditHead head) {
    return new JsonObject()
        .putUnsigned("sequence", head.getSequence())
        .put("sha256", HexFormat.of().formatHex(head.getSha256().toByteArray()));
  }

  private static JsonObject ready(AgentReadyEvent ready) {
    return new JsonObject()
        .put("version", ready.getVersion())
        .put("os_name", ready.getOsName())
        .put("os_version", ready.getOsVersion())
        .put("kernel_version", ready.getKernelVersion())
        .put("architecture", ready.getArchitecture())
        .put("hostname", ready.getHostname())
        .put("ip_addresses", ready.getIpAddressesList())
        .put("capabilities", ready.getCapabilitiesList());
  }

  private static JsonObject error(ErrorEvent error) {
    return new JsonObject()
        .put("severity", EventText.severity(error))
        .put("code", error.getCode())
        .put("message", error.getMessage())
        .put("details", new TreeMap<>(error.getDetailsMap()));
  }

  private static JsonObject telemetry(TelemetryReport report) {
    List<JsonObject> disks = new ArrayList<>();
    report.getDisksList().forEach(disk -> disks.add(disk(disk)));
    List<JsonObject> interfaces = new ArrayList<>();
    report.getInterfacesList().forEach(each -> interfaces.add(network(each)));
    return new JsonObject()
        .put("cpu_usage_percent", report.getCpuUsagePercent())
        .putUnsigned("memory_total_bytes", report.getMemoryTotalBytes())
        .putUnsigned("memory_used_bytes", report.getMemoryUsedBytes())
        .putUnsigned("memory_available_bytes", report.getMemoryAvailableBytes())
        .putUnsigned("swap_total_bytes", report.getSwapTotalBytes())
        .putUnsigned("swap_used_bytes", report.getSwapUsedBytes())
        .putObjects("disks", disks)
        .putObjects("interfaces", interfaces)
        .put("load_avg_1", report.getLoadAvg1())
        .put("load_avg_5", report.getLoadAvg5())
        .put("load_avg_15", report.getLoadAvg15())
        .put("process_count", Integer.toUnsignedLong(report.getProcessCount()))
        .putUnsigned("uptime_seconds", report.getUptimeSeconds())
        .put("hostname", report.getHostname());
  }

  private static JsonObject disk(DiskUsage disk) {
    return new JsonObject()
        .put("mount_point", disk.getMountPoint())
        .put("filesystem", disk.getFilesystem())
        .put("device", disk.getDevice())
        .putUnsigned("total_bytes", disk.getTotalBytes())
        .putUnsigned("used_bytes", disk.getUsedBytes())
        .putUnsigned("available_bytes", disk.getAvailableBytes())
        .put("usage_percent", disk.getUsagePercent());
  }

  private static JsonObject network(InterfaceInfo each) {
    return new JsonObject()
        .put("name", each.getName())
        .put("mac_address", each.getMacAddress())
        .put("ipv4_addresses", each.getIpv4AddressesList())
        .put("ipv6_addresses", each.getIpv6AddressesList())
        .put(
            "state",
            switch (each.getState()) {
              case INTERFACE_STATE_UP -> "up";
              case INTERFACE_STATE_DOWN -> "down";
              case INTERFACE_STATE_UNKNOWN, UNRECOGNIZED -> "unknown";
            })
        .put("mtu", Integer.toUnsignedLong(each.getMtu()))
        .putUnsigned("rx_bytes", each.getRxBytes())
        .putUnsigned("tx_bytes", each.getTxBytes())
        .putUnsigned("rx_packets", each.getRxPackets())
        .putUnsigned("tx_packets", each.getTxPackets());
  }
}
