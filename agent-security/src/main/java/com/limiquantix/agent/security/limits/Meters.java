package com.limiquantix.agent.security.limits;

import com.limiquantix.agent.protocol.PeerInfo;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is taken of the limits, for each peer and in sum. A peer is known by what it cannot
 * change by connecting again: user, CID, or port. Thread-safe.
 */
final class Meters {
  /** Peers whose rates are remembered; of more, those that were quiet longest are forgotten. */
  static final int MAX_PEERS = 64;

  /** What somebody is told who has to wait for the end of other calls, which nobody can foresee. */
  private static final long USUAL_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  /**
   * Why a call may not begin now.
   *
   * @param key the limit's key in the configuration
   * @param limit its value, with its unit
   * @param waitNanos when to try again
   */
  record Refusal(String key, String limit, long waitNanos) {}

  private static final class Rates {
    final TokenBucket commands = new TokenBucket(MINUTE);
    final TokenBucket fileOps = new TokenBucket(SECOND);
  }

  private final Rates sum = new Rates();
  private final Map<String, Rates> peers =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Rates> eldest) {
          return size() > MAX_PEERS;
        }
      };
  private int calls;
  private int commands;
  private int transfers;

  /** By what a peer is known. */
  static String peerKey(@Nullable PeerInfo peer) {
    if (peer instanceof PeerInfo.Unix unix) {
      return "uid " + unix.uid();
    }
    if (peer instanceof PeerInfo.Vsock vsock) {
      return "cid " + vsock.cid();
    }
    return peer == null ? "" : peer.describe();
  }

  /**
   * Takes what a call needs, all of it or nothing.
   *
   * @return why not; null if the call may begin and {@link #release} is due at its end
   */
  synchronized @Nullable Refusal admit(
      CallLoad load, @Nullable PeerInfo peer, LimitSettings limits, long now) {
    Refusal refusal = concurrency(load, limits);
    if (refusal == null && load != CallLoad.CALL) {
      refusal = rate(load, peers.computeIfAbsent(peerKey(peer), Meters::rates), limits, now);
    }
    if (refusal == null) {
      calls++;
      commands += load == CallLoad.COMMAND ? 1 : 0;
      transfers += load == CallLoad.FILE ? 1 : 0;
    }
    return refusal;
  }

  private static Rates rates(String unused) {
    return new Rates();
  }

  private @Nullable Refusal concurrency(CallLoad load, LimitSettings limits) {
    if (calls >= limits.concurrentCalls()) {
      return atOnce("limits.max_concurrent_calls", limits.concurrentCalls(), " open calls");
    }
    if (load == CallLoad.COMMAND && commands >= limits.concurrentCommands()) {
      return atOnce(
          "limits.max_concurrent_commands", limits.concurrentCommands(), " running commands");
    }
    if (load == CallLoad.FILE && transfers >= limits.openTransfers()) {
      return atOnce("limits.max_open_transfers", limits.openTransfers(), " open transfers");
    }
    return null;
  }

  private static Refusal atOnce(String key, int limit, String unit) {
    return new Refusal(key, limit + unit, USUAL_WAIT_NANOS);
  }

  private @Nullable Refusal rate(CallLoad load, Rates own, LimitSettings limits, long now) {
    boolean command = load == CallLoad.COMMAND;
    int ownLimit = command ? limits.commandsPerMinute() : limits.fileOpsPerSecond();
    int sumLimit = command ? limits.commandsPerMinuteInSum() : limits.fileOpsPerSecondInSum();
    TokenBucket ownBucket = command ? own.commands : own.fileOps;
    TokenBucket sumBucket = command ? sum.commands : sum.fileOps;
    String unit = command ? " commands per minute" : " file operations per second";
    long wait = ownBucket.waitNanos(ownLimit, now);
    if (wait > 0) {
      String key =
          command ? "security.max_commands_per_minute" : "security.max_file_ops_per_second";
      return new Refusal(key, ownLimit + unit, wait);
    }
    wait = sumBucket.waitNanos(sumLimit, now);
    if (wait > 0) {
      String key =
          command ? "limits.total_commands_per_minute" : "limits.total_file_ops_per_second";
      return new Refusal(key, sumLimit + unit, wait);
    }
    ownBucket.take(ownLimit, now);
    sumBucket.take(sumLimit, now);
    return null;
  }

  /** Gives back what a call held while it was open. */
  synchronized void release(CallLoad load) {
    calls--;
    commands -= load == CallLoad.COMMAND ? 1 : 0;
    transfers -= load == CallLoad.FILE ? 1 : 0;
  }

  /** How many peers are remembered. */
  synchronized int peers() {
    return peers.size();
  }
}
