package com.limiquantix.agent.security.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Rotates {@code agent.log} to {@code agent.log.1}, that to {@code agent.log.2}, and so on.
 *
 * @param file the one that is written
 * @param kept how many are kept beside it, 1 or more
 */
public record NumberedFiles(Path file, int kept) {

  /**
   * Makes room for a new file. Only files up to the first free number are moved, so that attempts
   * that fail half-way and are repeated do not push out one file after the other.
   *
   * @throws IOException if a file can't be renamed; {@link #file} is where it was then
   */
  public void rotate() throws IOException {
    int free = 1;
    while (free < kept && Files.exists(numbered(free))) {
      free++;
    }
    for (int i = free - 1; i >= 1; i--) {
      move(numbered(i), numbered(i + 1));
    }
    move(file, numbered(1));
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * The file that was rotated that many times.
   *
   * @param number 1 or more
   */
  public Path numbered(int number) {
    return file.resolveSibling(file.getFileName() + "." + number);
  }
}
