package com.limiquantix.agent.handlers.internal.jna;

import static com.limiquantix.agent.handlers.internal.jna.JnaPosix.cString;

import com.limiquantix.agent.handlers.internal.jna.Posix.Account;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Users and groups as libc's name services know them, nsswitch.conf(5). All calls may block. */
final class NameService {
  private static final int MAX_NSS_BUFFER = 1 << 20;
  private static final int MAX_GROUPS = 65536; // NGROUPS_MAX, limits.h

  private NameService() {}

  static Optional<Account> accountByName(String name) throws PosixException {
    return entry(
        (entry, buffer, out) -> LibC.getpwnam_r(cString(name), entry, buffer, buffer.size(), out),
        NameService::account);
  }

  static Optional<Account> accountById(long uid) throws PosixException {
    return entry(
        (entry, buffer, out) -> LibC.getpwuid_r((int) uid, entry, buffer, buffer.size(), out),
        NameService::account);
  }

  static Optional<Long> groupByName(String name) throws PosixException {
    return entry(
        (entry, buffer, out) -> LibC.getgrnam_r(cString(name), entry, buffer, buffer.size(), out),
        entry -> Integer.toUnsignedLong(entry.getInt(16)));
  }

  static List<Long> groupsOf(String user, long primaryGroup) throws PosixException {
    for (int room = 256; room <= MAX_GROUPS; room *= 4) {
      try (Memory groups = new Memory(4L * room);
          Memory count = new Memory(4)) {
        count.setInt(0, room);
        if (LibC.getgrouplist(cString(user), (int) primaryGroup, groups, count) >= 0) {
          return ids(groups, count.getInt(0));
        }
      }
    }
    throw new PosixException("getgrouplist", Errno.ERANGE);
  }

  private interface EntryLookup {
    int call(Memory entry, Memory buffer, Memory out);
  }

  /** getpwnam_r(3) and its kin: a buffer that grows while it is too small. */
  private static <T> Optional<T> entry(
      EntryLookup lookup, java.util.function.Function<Pointer, T> reader) throws PosixException {
    for (int size = 4096; size <= MAX_NSS_BUFFER; size *= 4) {
      try (Memory entry = new Memory(64);
          Memory buffer = new Memory(size);
          Memory out = new Memory(8)) {
        out.clear();
        int errno = lookup.call(entry, buffer, out);
        if (out.getLong(0) != 0) {
          return Optional.of(reader.apply(entry));
        }
        switch (errno) {
          case Errno.ERANGE -> {}
          // "The given name was not found": getpwnam(3) lists these beside 0.
          case 0, Errno.ENOENT, Errno.ESRCH, Errno.EPERM -> {
            return Optional.empty();
          }
          default -> throw new PosixException("name service", errno);
        }
      }
    }
    throw new PosixException("name service", Errno.ERANGE);
  }

  /** struct passwd of 64-bit glibc and musl: name, password, uid, gid, gecos, home, shell. */
  private static Account account(Pointer entry) {
    return new Account(
        text(entry, 0),
        Integer.toUnsignedLong(entry.getInt(16)),
        Integer.toUnsignedLong(entry.getInt(20)),
        text(entry, 32),
        text(entry, 40));
  }

  private static String text(Pointer entry, long offset) {
    Pointer field = entry.getPointer(offset);
    return field == null ? "" : field.getString(0, "UTF-8");
  }

  static List<Long> ids(Memory list, int count) {
    List<Long> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ids.add(Integer.toUnsignedLong(list.getInt(4L * i)));
    }
    return ids;
  }
}
