package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.CallFacts;
import io.grpc.Status;
import io.grpc.StatusException;

/** The one form that refusals have, and where they are noted. */
final class Refusals {
  private Refusals() {}

  /**
   * PERMISSION_DENIED for the current call.
   *
   * @param what what is refused, as it was asked for
   * @param rule key and entry
   */
  static StatusException of(String what, String rule) {
    return status(what, rule).asException();
  }

  static Status status(String what, String rule) {
    CallFacts.current().decision(new CallFacts.Decision(false, rule));
    return Status.PERMISSION_DENIED.withDescription(
        what + " is refused by the guest's policy (" + rule + ")");
  }
}
