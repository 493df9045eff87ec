package com.limiquantix.agent.security.policy;

/** What is asked of a file or directory. */
public enum Access {
  /** Its content or facts about it. */
  READ,
  /** To make, change, replace or remove it. */
  WRITE,
  /** To give it another name: that takes it out from under rules that name it. */
  MOVE
}
