package com.limiquantix.agent.app.cli;

import java.nio.file.Path;
import java.util.Set;

/**
 * Which agent is meant.
 *
 * @param name how messages name it, such as {@code VM web-1}; as the user wrote it, not escaped
 * @param socket the one unix socket over which it is reached
 * @param peerUids users that may listen on that socket besides our own and root, 0 to 4294967295
 */
record Target(String name, Path socket, Set<Long> peerUids) {

  /** Copies the set. */
  Target {
    peerUids = Set.copyOf(peerUids);
  }
}
