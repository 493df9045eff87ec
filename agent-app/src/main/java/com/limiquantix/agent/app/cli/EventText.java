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
import java.util.Map;
import java.util.TreeMap;

/** One line for each event. What comes from the guest is escaped by who prints it. */
final class EventText {
  private EventText() {}

  static String of(WatchedKind kind, Event event) {
    String line =
        GuestFigures.readableTime(event.getTimestamp())
            + " "
            + kind.label()
            + " "
            + switch (kind) {
              case AGENT_READY -> ready(event.getAgentReady());
              case TELEMETRY -> telemetry(event.getTelemetry());
              case ERROR -> error(event.getError());
              case AUDIT -> event.getAudit().getLine();
            }
            + head(event);
    return event.getDropped() == 0
        ? line
        : line + " (dropped before: " + Long.toUnsignedString(event.getDropped()) + ")";
  }

  private static String head(Event event) {
    if (!event.hasAuditHead()) {
      return "";
    }
    AuditHead head = event.getAuditHead();
    return ", audit "
        + Long.toUnsignedString(head.getSequence())
        + " "
        + HexFormat.of().formatHex(head.getSha256().toByteArray());
  }

  private static String ready(AgentReadyEvent ready) {
    List<String> parts = new ArrayList<>();
    parts.add("agent " + ready.getVersion() + " on " + ready.getHostname());
    parts.add((ready.getOsName() + " " + ready.getOsVersion()).strip());
    parts.add((ready.getKernelVersion() + " " + ready.getArchitecture()).strip());
    parts.add(String.join(" ", ready.getIpAddressesList()));
    parts.removeIf(String::isEmpty);
    return String.join(", ", parts);
  }

  private static String error(ErrorEvent error) {
    StringBuilder line = new StringBuilder(severity(error));
    line.append(' ').append(error.getCode()).append(": ").append(error.getMessage());
    for (Map.Entry<String, String> detail : new TreeMap<>(error.getDetailsMap()).entrySet()) {
      line.append(' ').append(detail.getKey()).append('=').append(detail.getValue());
    }
    return line.toString();
  }

  /** The severity's name in our output, also in JSON. */
  static String severity(ErrorEvent error) {
    return switch (error.getSeverity()) {
      case ERROR_SEVERITY_WARNING -> "warning";
      case ERROR_SEVERITY_ERROR -> "error";
      case ERROR_SEVERITY_CRITICAL -> "critical";
      case UNRECOGNIZED -> "unknown";
    };
  }

  private static String telemetry(TelemetryReport report) {
    List<String> parts = new ArrayList<>();
    parts.add("cpu " + GuestFigures.rounded(report.getCpuUsagePercent(), 1) + "%");
    parts.add("memory " + used(report.getMemoryUsedBytes(), report.getMemoryTotalBytes()));
    if (report.getSwapTotalBytes() != 0) {
      parts.add("swap " + used(report.getSwapUsedBytes(), report.getSwapTotalBytes()));
    }
    if (report.getDisksCount() > 0) {
      parts.add("disks " + disks(report.getDisksList()));
    }
    String addresses = addresses(report.getInterfacesList());
    if (!addresses.isEmpty()) {
      parts.add("addresses " + addresses);
    }
    return String.join(", ", parts);
  }

  private static String used(long used, long total) {
    return GuestFigures.bytes(used) + " of " + GuestFigures.bytes(total);
  }

  private static String disks(List<DiskUsage> disks) {
    List<String> words = new ArrayList<>();
    for (DiskUsage disk : disks) {
      words.add(disk.getMountPoint() + " " + GuestFigures.rounded(disk.getUsagePercent(), 0) + "%");
    }
    return String.join(" ", words);
  }

  private static String addresses(List<InterfaceInfo> interfaces) {
    List<String> words = new ArrayList<>();
    for (InterfaceInfo each : interfaces) {
      if (each.getIpv4AddressesCount() + each.getIpv6AddressesCount() > 0) {
        words.add(each.getName());
        words.addAll(each.getIpv4AddressesList());
        words.addAll(each.getIpv6AddressesList());
      }
    }
    return String.join(" ", words);
  }
}
