package com.limiquantix.agent.transport.internal.session;

/** What a version 1 frame says about the peer that sent it. */
public enum V1Sign {
  /** An agent has opened its end of the link just now. */
  AGENT_READY,
  /** An agent lives. */
  PONG,
  /** Nothing of the kind. */
  NONE
}
