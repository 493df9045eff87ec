package com.limiquantix.agent.handlers.exec;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The processes of the guest, as proc(5) shows them. */
final class ProcessTable {
  // A name is at most 64 bytes, and 50 numbers of at most 20 digits follow it.
  private static final int STAT_BYTES = 1500;

  private ProcessTable() {}

  /**
   * A line of /proc/PID/stat.
   *
   * @param start clock ticks from boot to its start, which tells apart users of the same number
   */
  record Entry(int pid, String name, char state, int parent, int session, long start) {
    boolean isDead() {
      return state == 'Z' || state == 'X';
    }
  }

  /** Numbers of all processes; empty if /proc is not there. */
  static List<Integer> pids() {
    String[] names = new File("/proc").list();
    List<Integer> pids = new ArrayList<>();
    if (names != null) {
      for (String name : names) {
        if (name.charAt(0) >= '0' && name.charAt(0) <= '9') {
          pids.add(Integer.parseInt(name));
        }
      }
    }
    return pids;
  }

  /** The process of that number, or empty if there is none. */
  static Optional<Entry> read(int pid) {
    return line("/proc/" + pid + "/stat").flatMap(ProcessTable::parse);
  }

  /** All processes. */
  static List<Entry> readAll() {
    List<Entry> entries = new ArrayList<>();
    for (int pid : pids()) {
      read(pid).ifPresent(entries::add);
    }
    return entries;
  }

  /** The number that the newest process or thread got: the last field of /proc/loadavg. */
  static Optional<Integer> lastPid() {
    return line("/proc/loadavg")
        .map(text -> Integer.parseInt(text.substring(text.lastIndexOf(' ') + 1).strip()));
  }

  /**
   * The name in the second field may contain anything, so the fields after it count from its end.
   */
  static Optional<Entry> parse(String line) {
    int open = line.indexOf('(');
    int close = line.lastIndexOf(')');
    if (open < 1 || close < open || close + 2 > line.length()) {
      return Optional.empty();
    }
    String[] fields = line.substring(close + 2).split(" ");
    if (fields.length < 20) {
      return Optional.empty();
    }
    return Optional.of(
        new Entry(
            Integer.parseInt(line.substring(0, open - 1)),
            line.substring(open + 1, close),
            fields[0].charAt(0),
            Integer.parseInt(fields[1]),
            Integer.parseInt(fields[3]),
            Long.parseLong(fields[19])));
  }

  private static Optional<String> line(String path) {
    try (FileInputStream in = new FileInputStream(path)) {
      byte[] bytes = in.readNBytes(STAT_BYTES);
      return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      // It ended meanwhile.
      return Optional.empty();
    }
  }
}
