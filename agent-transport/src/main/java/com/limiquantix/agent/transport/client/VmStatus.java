package com.limiquantix.agent.transport.client;

import java.time.Instant;

/**
 * How the channel to one VM's agent is doing.
 *
 * @param vmId the VM
 * @param state what is the case
 * @param since when that began
 * @param detail one sentence on why, for people; for READY the agent's name and version
 */
public record VmStatus(String vmId, State state, Instant since, String detail) {

  /** What a VM's channel can be in. */
  public enum State {
    /** An attempt is under way and none has failed since the agent was last reached. */
    CONNECTING,
    /** The agent has answered and can be called. */
    READY,
    /** The last attempt failed; further ones follow by themselves. */
    UNREACHABLE,
    /** The VM is not watched any more. */
    FORGOTTEN
  }
}
