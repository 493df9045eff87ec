package com.limiquantix.agent.security.audit;

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

/**
 * How each method appears in the audit log. Categories and types are those of the Elastic Common
 * Schema, 8.11 (event.category, event.type). A method without a row fails the build.
 */
final class AuditedMethods {
  /**
   * A row.
   *
   * @param subject whether its request names what the call is about; {@link Subjects} knows how
   */
  record Row(String category, String type, boolean subject) {}

  private static final boolean NAMED = true;
  private static final boolean NOTHING = false;

  /** For services that an embedder adds. */
  private static final Row OTHER = new Row("api", "info", NOTHING);

  private static final Map<String, Row> ROWS = rows();

  private AuditedMethods() {}

  /** The row of a method; that of embedders' methods if it is none of the agent's. */
  static Row of(String fullMethodName) {
    return ROWS.getOrDefault(fullMethodName, OTHER);
  }

  /** All rows by full method name; unmodifiable. */
  static Map<String, Row> rowsByName() {
    return ROWS;
  }

  private static Map<String, Row> rows() {
    Map<String, Row> rows = new HashMap<>();
    Row life = new Row("api", "info", NOTHING);
    rows.put(name(AgentServiceGrpc.SERVICE_NAME, "Ping"), life);
    rows.put(name(AgentServiceGrpc.SERVICE_NAME, "GetCapabilities"), life);
    rows.put(name(HealthGrpc.SERVICE_NAME, "Check"), life);
    rows.put(name(HealthGrpc.SERVICE_NAME, "List"), life);
    rows.put(name(HealthGrpc.SERVICE_NAME, "Watch"), life);
    rows.put(name(EventServiceGrpc.SERVICE_NAME, "Subscribe"), new Row("session", "info", NAMED));
    rows.put(name(ExecServiceGrpc.SERVICE_NAME, "Execute"), new Row("process", "start", NAMED));
    String file = FileServiceGrpc.SERVICE_NAME;
    rows.put(name(file, "FileRead"), new Row("file", "access", NAMED));
    rows.put(name(file, "FileWrite"), new Row("file", "change", NAMED));
    rows.put(name(file, "FileDelete"), new Row("file", "deletion", NAMED));
    rows.put(name(file, "FileStat"), new Row("file", "info", NAMED));
    rows.put(name(file, "ListDirectory"), new Row("file", "info", NAMED));
    rows.put(name(file, "CreateDirectory"), new Row("file", "creation", NAMED));
    String process = ProcessServiceGrpc.SERVICE_NAME;
    rows.put(name(process, "ListProcesses"), new Row("process", "info", NAMED));
    rows.put(name(process, "KillProcess"), new Row("process", "end", NAMED));
    String service = ServiceManagerServiceGrpc.SERVICE_NAME;
    rows.put(name(service, "ListServices"), new Row("host", "info", NAMED));
    rows.put(name(service, "ServiceControl"), new Row("configuration", "change", NAMED));
    String inventory = InventoryServiceGrpc.SERVICE_NAME;
    rows.put(name(inventory, "GetHardwareInfo"), new Row("host", "info", NOTHING));
    rows.put(name(inventory, "ListInstalledSoftware"), new Row("package", "info", NAMED));
    String lifecycle = LifecycleServiceGrpc.SERVICE_NAME;
    rows.put(name(lifecycle, "Shutdown"), new Row("host", "end", NAMED));
    String account = AccountServiceGrpc.SERVICE_NAME;
    rows.put(name(account, "ResetPassword"), new Row("iam", "change", NAMED));
    String network = NetworkServiceGrpc.SERVICE_NAME;
    rows.put(name(network, "ConfigureNetwork"), new Row("configuration", "change", NAMED));
    String quiesce = QuiesceServiceGrpc.SERVICE_NAME;
    rows.put(name(quiesce, "QuiesceFilesystems"), new Row("host", "change", NAMED));
    rows.put(name(quiesce, "ThawFilesystems"), new Row("host", "change", NAMED));
    rows.put(name(ClockServiceGrpc.SERVICE_NAME, "SyncTime"), new Row("host", "change", NAMED));
    String display = DisplayServiceGrpc.SERVICE_NAME;
    rows.put(name(display, "DisplayResize"), new Row("session", "change", NAMED));
    String clipboard = ClipboardServiceGrpc.SERVICE_NAME;
    rows.put(name(clipboard, "ClipboardUpdate"), new Row("session", "change", NAMED));
    rows.put(name(clipboard, "ClipboardGet"), new Row("session", "access", NAMED));
    String update = UpdateServiceGrpc.SERVICE_NAME;
    rows.put(name(update, "AgentUpdate"), new Row("package", "installation", NAMED));
    return Map.copyOf(rows);
  }

  private static String name(String service, String method) {
    return MethodDescriptor.generateFullMethodName(service, method);
  }
}
