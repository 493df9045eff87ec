package com.limiquantix.agent.security.policy;

/** What is allowed where no key says otherwise. */
public enum Profile {
  /** Everything. */
  OPEN("open"),
  /**
   * What a platform needs to run a VM that belongs to somebody else. Commands and files only as far
   * as lists name them.
   */
  MANAGED("managed"),
  /** Watching: nothing that changes the guest or shows what its files hold, apart from thawing. */
  MONITOR_ONLY("monitor-only");

  private final String text;

  Profile(String text) {
    this.text = text;
  }

  /** How configurations write it. */
  public String text() {
    return text;
  }
}
