package com.limiquantix.agent.app.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process of this machine takes, as the kernel says in proc(5).
 *
 * @param residentKib memory that is in RAM, pages shared with others included, KiB
 * @param anonymousKib the part of it that belongs to no file, KiB
 * @param threads how many there are
 * @param descriptors how many files, sockets and the like it has open
 */
record ProcessCost(long residentKib, long anonymousKib, long threads, long descriptors) {

  /**
   * Reads the present state.
   *
   * @param proc the process's directory, {@code /proc/PID}
   * @throws IOException if the process is gone, or belongs to another user
   */
  static ProcessCost read(Path proc) throws IOException {
    String memory = Files.readString(proc.resolve("smaps_rollup"));
    return new ProcessCost(
        kib(memory, "Rss:"),
        kib(memory, "Anonymous:"),
        entries(proc.resolve("task")),
        entries(proc.resolve("fd")));
  }

  /** The value of a line such as {@code Rss: 57544 kB} in smaps_rollup. */
  static long kib(String smapsRollup, String name) throws IOException {
    for (String line : smapsRollup.lines().toList()) {
      if (line.startsWith(name) && line.endsWith(" kB")) {
        return number(line.substring(name.length(), line.length() - 3).strip());
      }
    }
    throw new IOException("smaps_rollup has no line " + name);
  }

  private static long number(String text) throws IOException {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException("the kernel wrote '" + text + "' for a number", e);
    }
  }

  private static long entries(Path directory) throws IOException {
    long entries = 0;
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path unused : stream) {
        entries++;
      }
    }
    return entries;
  }
}
