package com.limiquantix.agent.protocol;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.Status;

/** How an answer of version 1 says that its call failed. */
enum V1Verdict {
  /** {@code success} is false and {@code error} says why. */
  SUCCESS("success"),

  /** {@code accepted} is false and {@code error} says why. */
  ACCEPTED("accepted"),

  /**
   * {@code exit_code} is -1 and {@code error} says why. Without an error -1 is an exit code as
   * Windows knows it; with {@code timed_out} the command was started, so that what it wrote counts.
   */
  EXIT_CODE("exit_code") {
    @Override
    boolean failed(Message answer) {
      return Integer.valueOf(-1).equals(get(answer, key))
          && !error(answer).isEmpty()
          && Boolean.FALSE.equals(get(answer, "timed_out"));
    }

    @Override
    Object failure() {
      return -1;
    }
  },

  /** It has no place for a failure. */
  NONE("") {
    @Override
    boolean failed(Message answer) {
      return false;
    }
  };

  final String key;

  V1Verdict(String key) {
    this.key = key;
  }

  static V1Verdict of(Descriptor answer) {
    for (V1Verdict verdict : values()) {
      if (verdict != NONE && answer.findFieldByName(verdict.key) != null) {
        return verdict;
      }
    }
    return NONE;
  }

  /** Whether an answer says that its call failed. */
  boolean failed(Message answer) {
    return Boolean.FALSE.equals(get(answer, key));
  }

  /** The text of a failed answer. */
  String error(Message answer) {
    return (String) get(answer, "error");
  }

  /** An answer of the prototype's type that says that its call failed. */
  Message failure(Message prototype, Status status) {
    return prototype
        .newBuilderForType()
        .setField(field(prototype, key), failure())
        .setField(field(prototype, "error"), V1Errors.text(status))
        .build();
  }

  /** The value of {@link #key} in a failed answer. */
  Object failure() {
    return false;
  }

  private static Object get(Message message, String name) {
    return message.getField(field(message, name));
  }

  private static FieldDescriptor field(Message message, String name) {
    return message.getDescriptorForType().findFieldByName(name);
  }
}
