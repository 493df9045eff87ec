package com.limiquantix.agent.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a process takes of the system, by proc(5).
 *
 * @param residentKib resident memory
 * @param anonymousKib the part of it that is no file's
 * @param threads how many there are
 * @param descriptors how many are open
 */
record ProcessFigures(long residentKib, long anonymousKib, int threads, int descriptors) {

  static ProcessFigures of(long pid) throws IOException {
    Path process = Path.of("/proc", String.valueOf(pid));
    String memory = Files.readString(process.resolve("smaps_rollup"));
    try (Stream<Path> threads = Files.list(process.resolve("task"));
        Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      return new ProcessFigures(
          kib(memory, "Rss:"),
          kib(memory, "Anonymous:"),
          (int) threads.count(),
          (int) descriptors.count());
    }
  }

  private static long kib(String memory, String key) {
    String line =
        memory.lines().filter(candidate -> candidate.startsWith(key)).findFirst().orElseThrow();
    return Long.parseLong(line.replaceAll("[^0-9]", ""));
  }
}
