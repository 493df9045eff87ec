package com.limiquantix.agent.protocol;

import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.AccountServiceGrpc;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.ClipboardServiceGrpc;
import com.limiquantix.agent.protocol.v1.ClockServiceGrpc;
import com.limiquantix.agent.protocol.v1.DisplayServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.FileServiceGrpc;
import com.limiquantix.agent.protocol.v1.InventoryServiceGrpc;
import com.limiquantix.agent.protocol.v1.LifecycleServiceGrpc;
import com.limiquantix.agent.protocol.v1.NetworkServiceGrpc;
import com.limiquantix.agent.protocol.v1.ProcessServiceGrpc;
import com.limiquantix.agent.protocol.v1.QuiesceServiceGrpc;
import com.limiquantix.agent.protocol.v1.ServiceManagerServiceGrpc;
import com.limiquantix.agent.protocol.v1.UpdateServiceGrpc;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Names of the groups of operations that an agent may serve, as {@code GetCapabilitiesResponse} and
 * {@code AgentReadyEvent} list them. Every method belongs to exactly one group.
 */
public final class Capabilities {

  /** Ping, capabilities and health: what every agent serves at all times. */
  public static final String CORE = "core";

  /** Subscriptions to events. */
  public static final String EVENTS = "events";

  /** Telemetry reports. No method of its own: they are events, and version 1 pushes. */
  public static final String TELEMETRY = "telemetry";

  /** Running commands. */
  public static final String EXEC = "exec";

  /** Reading and changing files and directories. */
  public static final String FILE = "file";

  /** Listing and signalling processes. */
  public static final String PROCESS = "process";

  /** Listing and controlling services. */
  public static final String SERVICE = "service";

  /** Hardware and installed software. */
  public static final String INVENTORY = "inventory";

  /** Power off, reboot, halt. */
  public static final String SHUTDOWN = "shutdown";

  /** Setting passwords of local users. */
  public static final String PASSWORD = "password";

  /** Configuring the network. */
  public static final String NETWORK = "network";

  /** Freezing and thawing filesystems. */
  public static final String QUIESCE = "quiesce";

  /** Setting the clock. */
  public static final String TIME = "time";

  /** Resizing the display. */
  public static final String DISPLAY = "display";

  /** Sharing the clipboard. */
  public static final String CLIPBOARD = "clipboard";

  /** Updating the agent. */
  public static final String UPDATE = "update";

  private static final Map<String, String> BY_METHOD = byMethod();

  private Capabilities() {}

  /**
   * The group that a method belongs to.
   *
   * @param fullMethodName a method as {@link MethodDescriptor#getFullMethodName()} names it, such
   *     as {@code limiquantix.agent.v1.ExecService/Execute}
   * @return one of the names above; empty for a method that is not the agent's
   */
  public static Optional<String> of(String fullMethodName) {
    return Optional.ofNullable(BY_METHOD.get(fullMethodName));
  }

  /** All methods of the agent by full name, each with its group; unmodifiable. */
  public static Map<String, String> methods() {
    return BY_METHOD;
  }

  private static Map<String, String> byMethod() {
    Map<String, String> table = new HashMap<>();
    put(table, CORE, AgentServiceGrpc.SERVICE_NAME, "Ping", "GetCapabilities");
    put(table, CORE, HealthGrpc.SERVICE_NAME, "Check", "List", "Watch");
    put(table, EVENTS, EventServiceGrpc.SERVICE_NAME, "Subscribe");
    put(table, EXEC, ExecServiceGrpc.SERVICE_NAME, "Execute");
    put(table, FILE, FileServiceGrpc.SERVICE_NAME, "FileRead", "FileWrite", "FileDelete");
    put(table, FILE, FileServiceGrpc.SERVICE_NAME, "FileStat", "ListDirectory", "CreateDirectory");
    put(table, PROCESS, ProcessServiceGrpc.SERVICE_NAME, "ListProcesses", "KillProcess");
    put(table, SERVICE, ServiceManagerServiceGrpc.SERVICE_NAME, "ListServices", "ServiceControl");
    put(table, INVENTORY, InventoryServiceGrpc.SERVICE_NAME, "GetHardwareInfo");
    put(table, INVENTORY, InventoryServiceGrpc.SERVICE_NAME, "ListInstalledSoftware");
    put(table, SHUTDOWN, LifecycleServiceGrpc.SERVICE_NAME, "Shutdown");
    put(table, PASSWORD, AccountServiceGrpc.SERVICE_NAME, "ResetPassword");
    put(table, NETWORK, NetworkServiceGrpc.SERVICE_NAME, "ConfigureNetwork");
    put(table, QUIESCE, QuiesceServiceGrpc.SERVICE_NAME, "QuiesceFilesystems", "ThawFilesystems");
    put(table, TIME, ClockServiceGrpc.SERVICE_NAME, "SyncTime");
    put(table, DISPLAY, DisplayServiceGrpc.SERVICE_NAME, "DisplayResize");
    put(table, CLIPBOARD, ClipboardServiceGrpc.SERVICE_NAME, "ClipboardUpdate", "ClipboardGet");
    put(table, UPDATE, UpdateServiceGrpc.SERVICE_NAME, "AgentUpdate");
    return Map.copyOf(table);
  }

  private static void put(
      Map<String, String> table, String capability, String service, String... methods) {
    for (String method : methods) {
      String name = MethodDescriptor.generateFullMethodName(service, method);
      if (table.put(name, capability) != null) {
        throw new IllegalStateException(name + " is listed twice");
      }
    }
  }
}
