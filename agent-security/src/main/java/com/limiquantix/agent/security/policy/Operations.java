package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.protocol.Capabilities;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Every method of the agent with what it means for a policy. A method that is not here is none. */
public final class Operations {
  /** What a method does to the guest. */
  enum Effect {
    /** Keeps the VM reachable and usable; never refused. */
    VITAL,
    /** Shows how the guest is. */
    WATCHES,
    /** Runs what a request names; how far, the command rules say. */
    COMMANDS,
    /** Shows files; how far, the path rules say. */
    READS_FILES,
    /** Changes files; how far, the path rules say. */
    WRITES_FILES,
    /** Changes the guest as its platform has to. */
    MANAGES,
    /** Reaches into what the guest's owner runs and keeps. */
    INTRUDES
  }

  private static final Map<String, Effect> EFFECTS = effects();
  private static final Map<String, Set<String>> BY_NAME = byName();

  private Operations() {}

  private static Map<String, Effect> effects() {
    Map<String, Effect> table = new HashMap<>();
    put(table, Effect.VITAL, AgentServiceGrpc.SERVICE_NAME, "Ping", "GetCapabilities");
    put(table, Effect.VITAL, HealthGrpc.SERVICE_NAME, "Check", "List", "Watch");
    put(table, Effect.VITAL, QuiesceServiceGrpc.SERVICE_NAME, "ThawFilesystems");
    put(table, Effect.WATCHES, EventServiceGrpc.SERVICE_NAME, "Subscribe");
    put(table, Effect.COMMANDS, ExecServiceGrpc.SERVICE_NAME, "Execute");
    String files = FileServiceGrpc.SERVICE_NAME;
    put(table, Effect.READS_FILES, files, "FileRead", "FileStat", "ListDirectory");
    put(table, Effect.WRITES_FILES, files, "FileWrite", "FileDelete", "CreateDirectory");
    put(table, Effect.WATCHES, ProcessServiceGrpc.SERVICE_NAME, "ListProcesses");
    put(table, Effect.INTRUDES, ProcessServiceGrpc.SERVICE_NAME, "KillProcess");
    put(table, Effect.WATCHES, ServiceManagerServiceGrpc.SERVICE_NAME, "ListServices");
    put(table, Effect.INTRUDES, ServiceManagerServiceGrpc.SERVICE_NAME, "ServiceControl");
    String inventory = InventoryServiceGrpc.SERVICE_NAME;
    put(table, Effect.WATCHES, inventory, "GetHardwareInfo", "ListInstalledSoftware");
    put(table, Effect.MANAGES, LifecycleServiceGrpc.SERVICE_NAME, "Shutdown");
    put(table, Effect.INTRUDES, AccountServiceGrpc.SERVICE_NAME, "ResetPassword");
    put(table, Effect.MANAGES, NetworkServiceGrpc.SERVICE_NAME, "ConfigureNetwork");
    put(table, Effect.MANAGES, QuiesceServiceGrpc.SERVICE_NAME, "QuiesceFilesystems");
    put(table, Effect.MANAGES, ClockServiceGrpc.SERVICE_NAME, "SyncTime");
    put(table, Effect.MANAGES, DisplayServiceGrpc.SERVICE_NAME, "DisplayResize");
    String clipboard = ClipboardServiceGrpc.SERVICE_NAME;
    put(table, Effect.INTRUDES, clipboard, "ClipboardUpdate", "ClipboardGet");
    put(table, Effect.MANAGES, UpdateServiceGrpc.SERVICE_NAME, "AgentUpdate");
    return Map.copyOf(table);
  }

  private static void put(
      Map<String, Effect> table, Effect effect, String service, String... methods) {
    for (String method : methods) {
      String name = MethodDescriptor.generateFullMethodName(service, method);
      if (table.put(name, effect) != null) {
        throw new IllegalStateException(name + " is listed twice");
      }
    }
  }

  /** All methods that policies know, by full name. */
  public static Set<String> methods() {
    return EFFECTS.keySet();
  }

  /** Empty for a method that is not the agent's. */
  static Optional<Effect> effect(String fullMethodName) {
    return Optional.ofNullable(EFFECTS.get(fullMethodName));
  }

  /** Whether a method can't be disabled. */
  public static boolean isVital(String fullMethodName) {
    return EFFECTS.get(fullMethodName) == Effect.VITAL;
  }

  /** What configurations may name: capabilities, and methods without their service. Sorted. */
  public static List<String> names() {
    return List.copyOf(BY_NAME.keySet());
  }

  /** The methods that a name stands for; empty if it stands for nothing. */
  static Set<String> named(String name) {
    return BY_NAME.getOrDefault(name, Set.of());
  }

  private static Map<String, Set<String>> byName() {
    Map<String, Set<String>> table = new TreeMap<>();
    table.put(Capabilities.TELEMETRY, new TreeSet<>());
    for (String method : EFFECTS.keySet()) {
      String capability = Capabilities.of(method).orElseThrow();
      table.computeIfAbsent(capability, unused -> new TreeSet<>()).add(method);
      String name = method.substring(method.indexOf('/') + 1);
      table.computeIfAbsent(name, unused -> new TreeSet<>()).add(method);
    }
    return Collections.unmodifiableMap(table);
  }

  /**
   * What is wrong with an entry of {@code disabled_operations}, or empty.
   *
   * @param name a capability or a method without its service
   */
  public static Optional<String> disabledFault(String name) {
    Optional<String> unknown = fault(name);
    if (unknown.isPresent()) {
      return unknown;
    }
    List<String> vital = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (String method : named(name)) {
      (isVital(method) ? vital : others).add(method.substring(method.indexOf('/') + 1));
    }
    if (vital.isEmpty()) {
      return Optional.empty();
    }
    String sentence =
        String.join(", ", vital) + " can't be disabled, or a VM could be lost or left frozen";
    return Optional.of(
        others.isEmpty() ? sentence : sentence + "; name " + String.join(", ", others));
  }

  /** What is wrong with an entry of {@code allowed_operations}, or empty. */
  public static Optional<String> fault(String name) {
    return BY_NAME.containsKey(name)
        ? Optional.empty()
        : Optional.of("is no method or capability of the agent");
  }
}
