package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.Posix.Account;
import com.limiquantix.agent.handlers.internal.jna.Posix.Identity;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import com.limiquantix.agent.security.policy.Guard;
import io.grpc.StatusException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds out whom a command runs as. Asks the name services, which may block. */
final class Accounts {
  // (uid_t) -1 means "leave as it is" to setresuid(2).
  private static final long MAX_ID = 0xFFFF_FFFEL;

  private final Posix posix;
  private volatile @Nullable Target own;

  Accounts(Posix posix) {
    this.posix = posix;
  }

  /**
   * Whom a command runs as.
   *
   * @param account name, home and shell for its environment
   * @param gid its group
   * @param groups its supplementary groups
   * @param change whether that differs from the agent's own
   */
  record Target(Account account, long gid, List<Long> groups, boolean change) {}

  Target resolve(@Nullable String user, @Nullable String group, boolean supplementary)
      throws StatusException {
    try {
      if (user == null && group == null) {
        return own();
      }
      Identity self = posix.self();
      Account account =
          user == null ? accountOf(self.uid(), self.gid()) : user(user, group != null);
      long gid = group != null ? group(group) : user == null ? self.gid() : account.gid();
      List<Long> groups = supplementary ? groups(account, gid, user == null, self) : List.of();
      boolean same =
          account.uid() == self.uid()
              && gid == self.gid()
              && List.copyOf(self.groups()).equals(groups);
      if (!same && self.uid() != 0) {
        throw io.grpc.Status.PERMISSION_DENIED
            .withDescription(
                "run_as_user and run_as_group need an agent that runs as root, it runs as user id "
                    + self.uid())
            .asException();
      }
      return new Target(account, gid, groups, !same);
    } catch (PosixException e) {
      throw unreadable(e);
    }
  }

  /** Fails unless policy lets a command run as this user and with this group. */
  void requireAllowed(Target target, Guard guard) throws StatusException {
    Account account = target.account();
    try {
      List<Long> own =
          account.name().isEmpty()
              ? List.of(account.gid())
              : posix.groupsOf(account.name(), account.gid());
      guard.requireUser(account.name(), account.uid(), target.gid(), own);
    } catch (PosixException e) {
      throw unreadable(e);
    }
  }

  private static StatusException unreadable(PosixException e) {
    return ExecFailures.other("the guest's accounts cannot be read", e.errno()).asException();
  }

  /** The agent's own identity, asked for once: it does not change while the process runs. */
  private Target own() throws PosixException {
    Target known = own;
    if (known == null) {
      Identity self = posix.self();
      known = new Target(accountOf(self.uid(), self.gid()), self.gid(), self.groups(), false);
      own = known;
    }
    return known;
  }

  private List<Long> groups(Account account, long gid, boolean own, Identity self)
      throws PosixException {
    if (own) {
      return self.groups();
    }
    return account.name().isEmpty() ? List.of() : posix.groupsOf(account.name(), gid);
  }

  private Account user(String user, boolean groupGiven) throws PosixException, StatusException {
    Optional<Account> byName = posix.accountByName(user);
    if (byName.isPresent()) {
      return byName.get();
    }
    Optional<Long> id = number(user);
    if (id.isEmpty()) {
      throw ExecFailures.invalid("run_as_user \"" + user + "\" is not a user of this guest")
          .asException();
    }
    Optional<Account> byId = posix.accountById(id.get());
    if (byId.isEmpty() && !groupGiven) {
      throw ExecFailures.invalid(
              "run_as_user " + user + " has no account on this guest: name a run_as_group as well")
          .asException();
    }
    return byId.orElseGet(() -> nameless(id.get(), id.get()));
  }

  private long group(String group) throws PosixException, StatusException {
    Optional<Long> byName = posix.groupByName(group);
    Optional<Long> id = byName.isPresent() ? byName : number(group);
    return id.orElseThrow(
        () ->
            ExecFailures.invalid("run_as_group \"" + group + "\" is not a group of this guest")
                .asException());
  }

  private Account accountOf(long uid, long gid) throws PosixException {
    return posix.accountById(uid).orElseGet(() -> nameless(uid, gid));
  }

  private static Account nameless(long uid, long gid) {
    return new Account("", uid, gid, "/", "");
  }

  private static Optional<Long> number(String text) {
    if (text.isEmpty() || text.length() > 10) {
      return Optional.empty();
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      char digit = text.charAt(i);
      if (digit < '0' || digit > '9') {
        return Optional.empty();
      }
      value = value * 10 + (digit - '0');
    }
    return value <= MAX_ID ? Optional.of(value) : Optional.empty();
  }
}
