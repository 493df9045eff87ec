package com.limiquantix.agent.app.logging;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Reads what a writer thread writes. */
final class LogFile {
  private static final long LONGEST_SECONDS = 20;

  private LogFile() {}

  /** Waits until the file has a line with this text; returns all lines. */
  static List<String> awaitLine(Path file, String text) throws IOException, InterruptedException {
    try (WatchService watcher = FileSystems.getDefault().newWatchService()) {
      Objects.requireNonNull(file.getParent())
          .register(
              watcher, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
      while (true) {
        List<String> lines = lines(file);
        if (lines.stream().anyMatch(line -> line.contains(text))) {
          return lines;
        }
        WatchKey key = watcher.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (key == null) {
          throw new AssertionError(
              "no line with '"
                  + text
                  + "' in "
                  + file
                  + ", the last of "
                  + lines.size()
                  + ": "
                  + lines.subList(Math.max(0, lines.size() - 3), lines.size()));
        }
        key.pollEvents();
        key.reset();
      }
    }
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }
}
