package com.limiquantix.agent.app.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Which agent is meant.
 *
 * @param name how messages name it, such as {@code VM web-1}; as the user wrote it, not escaped
 * @param shared where a process that holds the agent's channel would share it; tried first
 * @param socket the one unix socket that leads to the agent itself
 * @param peerUids users that may listen on that socket besides our own and root, 0 to 4294967295
 */
record Target(String name, Optional<Path> shared, Path socket, Set<Long> peerUids) {

  /** Copies the set. */
  Target {
    peerUids = Set.copyOf(peerUids);
  }
}
