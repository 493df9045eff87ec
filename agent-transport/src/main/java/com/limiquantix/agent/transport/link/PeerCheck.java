package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.util.Set;

/**
 * Decides who may be at the other end of a unix socket, before a byte is exchanged. The ids come
 * from the kernel (SO_PEERCRED, unix(7)): a dialer sees those of the process that listens, as of
 * listen(2); a listener those of the process that dialed, as of connect(2).
 *
 * <p>Called in the thread of the loop or of the dialer; must not block.
 */
@FunctionalInterface
public interface PeerCheck {

  /** Whether {@code peer} may stay. A check that throws refuses. */
  boolean allows(PeerInfo.Unix peer);

  /** The user that this process runs as (its effective uid now), and root. */
  static PeerCheck ownUserOrRoot() {
    long own = Posix.libc().effectiveUser();
    return peer -> peer.uid() == own || peer.uid() == 0;
  }

  /** Exactly these user ids, 0 to 4294967295; root only if it is among them. */
  static PeerCheck users(Set<Long> uids) {
    Set<Long> allowed = Set.copyOf(uids);
    return peer -> allowed.contains(peer.uid());
  }

  /** Peers that this check or {@code other} allows. */
  default PeerCheck or(PeerCheck other) {
    return peer -> allows(peer) || other.allows(peer);
  }

  /** Peers whose primary group is one of these ids, 0 to 4294967295. */
  static PeerCheck groups(Set<Long> gids) {
    Set<Long> allowed = Set.copyOf(gids);
    return peer -> allowed.contains(peer.gid());
  }
}
