package com.limiquantix.agent.transport;

/** What links of a kind may lack by their nature; tests of it are then skipped, by name. */
enum LinkCapability {
  /** The host's end stays open while no agent is there, and hears of neither end nor beginning. */
  OUTLIVES_AGENTS,
  /** One host may follow another without the agent seeing more than its bytes. */
  HOSTS_FOLLOW_UNSEEN,
}
