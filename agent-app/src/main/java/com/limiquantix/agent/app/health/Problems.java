package com.limiquantix.agent.app.health;

import java.util.Map;
import java.util.TreeMap;

/** What is wrong, by the service that cannot do its work. One thread. */
final class Problems {
  private Map<String, String> reasons = Map.of();

  /**
   * @param service its full name, or that of the agent as a whole
   * @param reason a sentence that stays the same for as long as the problem does
   */
  void add(String service, String reason) {
    if (reasons.isEmpty()) {
      reasons = new TreeMap<>();
    }
    reasons.merge(service, reason, (one, other) -> one + "; " + other);
  }

  /** Reasons by service, all that were added since this was last called. */
  Map<String, String> take() {
    Map<String, String> taken = reasons;
    reasons = Map.of();
    return taken;
  }
}
