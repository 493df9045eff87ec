package com.limiquantix.agent.protocol;

import com.limiquantix.agent.protocol.v1.AccountServiceGrpc;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentMessage.PayloadCase;
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
import io.grpc.Status;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Which gRPC method a version 1 payload stands for: one row for each request and its answer.
 *
 * <p>With it one adapter serves every operation. On the agent a message becomes a call ({@link
 * #byRequest}, {@link V1Row#request}) and its outcome a message ({@link V1Row#putAnswer}, {@link
 * V1Row#putFailure}); on the host a call becomes a message ({@link #byMethod}, {@link
 * V1Row#putRequest}) and the message that comes back its outcome ({@link V1Row#answer}).
 */
public final class V1Table {

  private static final List<V1Row<?, ?>> ROWS =
      List.of(
          V1Row.of(PayloadCase.PING, PayloadCase.PONG, AgentServiceGrpc.getPingMethod()),
          V1Row.of(
              PayloadCase.EXECUTE,
              PayloadCase.EXECUTE_RESPONSE,
              ExecServiceGrpc.getExecuteMethod()),
          V1Row.of(
              PayloadCase.FILE_WRITE,
              PayloadCase.FILE_WRITE_RESPONSE,
              FileServiceGrpc.getFileWriteMethod()),
          V1Row.of(
              PayloadCase.FILE_READ,
              PayloadCase.FILE_READ_RESPONSE,
              FileServiceGrpc.getFileReadMethod()),
          V1Row.of(
              PayloadCase.SHUTDOWN,
              PayloadCase.SHUTDOWN_RESPONSE,
              LifecycleServiceGrpc.getShutdownMethod()),
          V1Row.of(
              PayloadCase.RESET_PASSWORD,
              PayloadCase.RESET_PASSWORD_RESPONSE,
              AccountServiceGrpc.getResetPasswordMethod()),
          V1Row.of(
              PayloadCase.CONFIGURE_NETWORK,
              PayloadCase.CONFIGURE_NETWORK_RESPONSE,
              NetworkServiceGrpc.getConfigureNetworkMethod()),
          V1Row.of(
              PayloadCase.QUIESCE,
              PayloadCase.QUIESCE_RESPONSE,
              QuiesceServiceGrpc.getQuiesceFilesystemsMethod()),
          V1Row.of(
              PayloadCase.THAW,
              PayloadCase.THAW_RESPONSE,
              QuiesceServiceGrpc.getThawFilesystemsMethod()),
          V1Row.of(
              PayloadCase.SYNC_TIME,
              PayloadCase.SYNC_TIME_RESPONSE,
              ClockServiceGrpc.getSyncTimeMethod()),
          V1Row.of(
              PayloadCase.LIST_DIRECTORY,
              PayloadCase.LIST_DIRECTORY_RESPONSE,
              FileServiceGrpc.getListDirectoryMethod()),
          V1Row.of(
              PayloadCase.CREATE_DIRECTORY,
              PayloadCase.CREATE_DIRECTORY_RESPONSE,
              FileServiceGrpc.getCreateDirectoryMethod()),
          V1Row.of(
              PayloadCase.FILE_DELETE,
              PayloadCase.FILE_DELETE_RESPONSE,
              FileServiceGrpc.getFileDeleteMethod()),
          V1Row.of(
              PayloadCase.FILE_STAT,
              PayloadCase.FILE_STAT_RESPONSE,
              FileServiceGrpc.getFileStatMethod()),
          V1Row.of(
              PayloadCase.DISPLAY_RESIZE,
              PayloadCase.DISPLAY_RESIZE_RESPONSE,
              DisplayServiceGrpc.getDisplayResizeMethod()),
          V1Row.of(
              PayloadCase.CLIPBOARD_UPDATE,
              PayloadCase.CLIPBOARD_UPDATE_RESPONSE,
              ClipboardServiceGrpc.getClipboardUpdateMethod()),
          V1Row.of(
              PayloadCase.CLIPBOARD_GET,
              PayloadCase.CLIPBOARD_GET_RESPONSE,
              ClipboardServiceGrpc.getClipboardGetMethod()),
          V1Row.of(
              PayloadCase.LIST_PROCESSES,
              PayloadCase.LIST_PROCESSES_RESPONSE,
              ProcessServiceGrpc.getListProcessesMethod()),
          V1Row.of(
              PayloadCase.KILL_PROCESS,
              PayloadCase.KILL_PROCESS_RESPONSE,
              ProcessServiceGrpc.getKillProcessMethod()),
          V1Row.of(
              PayloadCase.LIST_SERVICES,
              PayloadCase.LIST_SERVICES_RESPONSE,
              ServiceManagerServiceGrpc.getListServicesMethod()),
          V1Row.of(
              PayloadCase.SERVICE_CONTROL,
              PayloadCase.SERVICE_CONTROL_RESPONSE,
              ServiceManagerServiceGrpc.getServiceControlMethod()),
          V1Row.of(
              PayloadCase.GET_HARDWARE_INFO,
              PayloadCase.HARDWARE_INFO_RESPONSE,
              InventoryServiceGrpc.getGetHardwareInfoMethod()),
          V1Row.of(
              PayloadCase.LIST_INSTALLED_SOFTWARE,
              PayloadCase.LIST_INSTALLED_SOFTWARE_RESPONSE,
              InventoryServiceGrpc.getListInstalledSoftwareMethod()),
          V1Row.of(
              PayloadCase.AGENT_UPDATE,
              PayloadCase.AGENT_UPDATE_RESPONSE,
              UpdateServiceGrpc.getAgentUpdateMethod()),
          V1Row.of(
              PayloadCase.GET_CAPABILITIES,
              PayloadCase.GET_CAPABILITIES_RESPONSE,
              AgentServiceGrpc.getGetCapabilitiesMethod()));

  private static final Set<PayloadCase> PUSHES =
      Collections.unmodifiableSet(
          EnumSet.of(
              PayloadCase.TELEMETRY,
              PayloadCase.AGENT_READY,
              PayloadCase.ERROR,
              PayloadCase.CLIPBOARD_CHANGED));

  private static final Map<PayloadCase, V1Row<?, ?>> BY_REQUEST = byCase(V1Row::requestCase);
  private static final Map<PayloadCase, V1Row<?, ?>> BY_ANSWER = byCase(V1Row::answerCase);
  private static final Map<String, V1Row<?, ?>> BY_METHOD = byMethodName();

  private V1Table() {}

  /** All rows, in the order of their request's number; unmodifiable. */
  public static List<V1Row<?, ?>> rows() {
    return ROWS;
  }

  /** What the agent sends unasked; unmodifiable. */
  public static Set<PayloadCase> pushes() {
    return PUSHES;
  }

  /**
   * The row of a request.
   *
   * @return empty for answers, pushes and {@link PayloadCase#PAYLOAD_NOT_SET}; a request that is
   *     not known is answered by {@link #putError}
   */
  public static Optional<V1Row<?, ?>> byRequest(PayloadCase request) {
    return Optional.ofNullable(BY_REQUEST.get(request));
  }

  /** The row of an answer; empty for requests, pushes and {@link PayloadCase#PAYLOAD_NOT_SET}. */
  public static Optional<V1Row<?, ?>> byAnswer(PayloadCase answer) {
    return Optional.ofNullable(BY_ANSWER.get(answer));
  }

  /**
   * The row of a method.
   *
   * @param fullMethodName such as {@code limiquantix.agent.v1.ExecService/Execute}
   * @return empty for a method that version 1 lacks: calls of it fail with UNIMPLEMENTED there
   */
  public static Optional<V1Row<?, ?>> byMethod(String fullMethodName) {
    return Optional.ofNullable(BY_METHOD.get(fullMethodName));
  }

  /**
   * Makes a message an {@code ErrorEvent}. Under the id of a request it answers one that has no
   * proper answer, because its payload is not known or its answer has no place for an error; {@link
   * V1Row#answer} understands it.
   *
   * @param to gets the payload; its id and time are left alone
   * @param status why; not OK
   */
  public static void putError(AgentMessage.Builder to, Status status) {
    to.setError(V1Errors.event(status));
  }

  private static Map<PayloadCase, V1Row<?, ?>> byCase(Function<V1Row<?, ?>, PayloadCase> key) {
    Map<PayloadCase, V1Row<?, ?>> map = new EnumMap<>(PayloadCase.class);
    ROWS.forEach(row -> map.put(key.apply(row), row));
    return map;
  }

  private static Map<String, V1Row<?, ?>> byMethodName() {
    Map<String, V1Row<?, ?>> map = new HashMap<>();
    ROWS.forEach(row -> map.put(row.method().getFullMethodName(), row));
    return map;
  }
}
