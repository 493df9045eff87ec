package com.limiquantix.agent.app;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Waits for what other processes do to files. */
final class Waiting {
  private static final long LONGEST_SECONDS = 20;

  private Waiting() {}

  /** Waits until {@code file} exists. */
  static void forFile(Path file) throws IOException, InterruptedException {
    try (WatchService watcher = FileSystems.getDefault().newWatchService()) {
      Objects.requireNonNull(file.getParent())
          .register(watcher, StandardWatchEventKinds.ENTRY_CREATE);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
      while (!Files.exists(file)) {
        WatchKey key = watcher.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (key == null) {
          throw new AssertionError(file + " did not appear within " + LONGEST_SECONDS + " s");
        }
        key.pollEvents();
        key.reset();
      }
    }
  }

  /** The process whose number is in {@code file}, once that exists. */
  static ProcessHandle forProcessNamedIn(Path file) throws IOException, InterruptedException {
    forFile(file);
    return ProcessHandle.of(Long.parseLong(Files.readString(file).strip())).orElseThrow();
  }
}
