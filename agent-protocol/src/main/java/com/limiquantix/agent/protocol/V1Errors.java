package com.limiquantix.agent.protocol;

import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ErrorSeverity;
import io.grpc.Status;

/**
 * Statuses as texts of version 1, and back.
 *
 * <p>The text is {@code CODE: description}, as gRPC's own exceptions put it, so that people and our
 * own host library can tell NOT_FOUND from PERMISSION_DENIED where version 1 has no field for it.
 */
final class V1Errors {

  private static final String SEPARATOR = ": ";

  private V1Errors() {}

  static String text(Status status) {
    if (status.isOk()) {
      throw new IllegalArgumentException("OK is not a failure");
    }
    String description = status.getDescription();
    String code = status.getCode().name();
    return cut(join(code, description == null ? "" : description));
  }

  static ErrorEvent event(Status status) {
    String text = text(status);
    String code = status.getCode().name();
    return ErrorEvent.newBuilder()
        .setSeverity(ErrorSeverity.ERROR_SEVERITY_ERROR)
        .setCode(code)
        .setMessage(text.equals(code) ? "" : text.substring(code.length() + SEPARATOR.length()))
        .build();
  }

  /** What a failed answer's text says. The operation is named where the peer gives no reason. */
  static Status status(String text, String operation) {
    int end = text.indexOf(SEPARATOR);
    Status status = codeNamed(end < 0 ? text : text.substring(0, end));
    if (status.isOk()) {
      return describe(Status.UNKNOWN, text, operation);
    }
    return describe(status, end < 0 ? "" : text.substring(end + SEPARATOR.length()), operation);
  }

  static Status status(ErrorEvent event, String operation) {
    Status status = codeNamed(event.getCode());
    return status.isOk()
        ? describe(Status.UNKNOWN, join(event.getCode(), event.getMessage()), operation)
        : describe(status, event.getMessage(), operation);
  }

  private static Status describe(Status status, String description, String operation) {
    return status.withDescription(
        description.isEmpty()
            ? "the agent failed " + operation + " without giving a reason"
            : cut(description));
  }

  /** The status of a code's name; OK when no failure has that name. */
  private static Status codeNamed(String name) {
    for (Status.Code code : Status.Code.values()) {
      if (code.name().equals(name)) {
        return code.toStatus();
      }
    }
    return Status.OK;
  }

  private static String join(String code, String description) {
    return code.isEmpty() || description.isEmpty()
        ? code + description
        : code + SEPARATOR + description;
  }

  private static String cut(String text) {
    if (text.length() <= Limits.V1_MAX_ERROR_CHARS) {
      return text;
    }
    int end = Limits.V1_MAX_ERROR_CHARS;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
  }
}
