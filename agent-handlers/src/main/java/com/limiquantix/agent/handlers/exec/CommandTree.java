package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Posix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * The processes that a command started: its session, and descendants that left the session while
 * their parents could still be told. A daemon whose parent had ended before the first look is not
 * found: nothing but a control group would hold it.
 *
 * <p>The command itself must not have been reaped: while it is a zombie, no other process can get
 * its number, nor can another session or group. Not thread-safe; reads /proc, which takes
 * milliseconds.
 */
final class CommandTree {
  // Looking up numbers one by one is cheaper than listing /proc up to about this many, and no
  // system gives out all its numbers in so short a time.
  private static final int QUICK_RANGE = 512;
  private static final long QUICK_NANOS = 100_000_000;

  private final Posix posix;
  private final int leader;
  private final Map<Integer, Long> members = new HashMap<>();

  CommandTree(Posix posix, int leader) {
    this.posix = posix;
    this.leader = leader;
  }

  /**
   * Whether it is certain, at the price of a few system calls, that the session of a command that
   * has ended is empty: whoever joined it got a number between the command's and the newest.
   */
  static boolean isCertainlyAlone(Posix posix, int leader, long ranNanos) {
    Optional<Integer> last = ProcessTable.lastPid();
    if (ranNanos > QUICK_NANOS
        || last.isEmpty()
        || last.get() < leader
        || last.get() - leader > QUICK_RANGE) {
      return false;
    }
    for (int pid = leader + 1; pid <= last.get(); pid++) {
      OptionalInt session = posix.sessionOf(pid);
      if (session.isPresent() && session.getAsInt() == leader) {
        return false;
      }
    }
    return true;
  }

  /** Whether anybody but the leader is in the session, dead ones included. */
  boolean hasSession() {
    for (int pid : ProcessTable.pids()) {
      OptionalInt session = pid == leader ? OptionalInt.empty() : posix.sessionOf(pid);
      if (session.isPresent() && session.getAsInt() == leader) {
        return true;
      }
    }
    return false;
  }

  /**
   * Sends a signal to all that belong to the command and live.
   *
   * @return how many there were
   */
  int signal(int signal) {
    List<ProcessTable.Entry> alive = alive();
    // The group at once first, so that no member can fork away between two signals.
    posix.kill(-leader, signal);
    for (ProcessTable.Entry entry : alive) {
      signal(entry, signal);
    }
    return alive.size();
  }

  /** How many belong to the command and live. */
  int count() {
    return alive().size();
  }

  /** The numbers of those that belong to the command and live; the command's own in any case. */
  Set<Integer> pids() {
    Set<Integer> pids = new TreeSet<>(Set.of(leader));
    alive().forEach(entry -> pids.add(entry.pid()));
    return pids;
  }

  private List<ProcessTable.Entry> alive() {
    List<ProcessTable.Entry> all = ProcessTable.readAll();
    Map<Integer, Long> starts = new HashMap<>();
    for (ProcessTable.Entry entry : all) {
      starts.put(entry.pid(), entry.start());
    }
    // A number that changed hands must not make a stranger's children members.
    members.entrySet().removeIf(member -> !member.getValue().equals(starts.get(member.getKey())));
    int before;
    do {
      before = members.size();
      for (ProcessTable.Entry entry : all) {
        if (entry.session() == leader || members.containsKey(entry.parent())) {
          members.putIfAbsent(entry.pid(), entry.start());
        }
      }
    } while (members.size() > before);
    List<ProcessTable.Entry> alive = new ArrayList<>();
    for (ProcessTable.Entry entry : all) {
      Long start = members.get(entry.pid());
      if (start != null && start == entry.start() && !entry.isDead()) {
        alive.add(entry);
      }
    }
    return alive;
  }

  private void signal(ProcessTable.Entry entry, int signal) {
    OptionalInt pidfd = posix.pidfd(entry.pid());
    // The number may have changed hands since it was listed; through a pidfd it cannot any more.
    boolean same =
        ProcessTable.read(entry.pid()).filter(now -> now.start() == entry.start()).isPresent();
    if (pidfd.isEmpty()) {
      if (same) {
        posix.kill(entry.pid(), signal);
      }
      return;
    }
    if (same) {
      posix.killByPidfd(pidfd.getAsInt(), signal);
    }
    posix.close(pidfd.getAsInt());
  }
}
