package com.limiquantix.agent.app.logging;

import ch.qos.logback.core.rolling.RollingPolicyBase;
import ch.qos.logback.core.rolling.RolloverFailure;
import ch.qos.logback.core.rolling.TriggeringPolicy;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Rotates {@code agent.log} to {@code agent.log.1}, that to {@code agent.log.2}, and so on.
 * Logback's own fixed window looks at the size once a minute only, keeps at most 20 files, and
 * reads percent signs and parentheses of the path as a pattern.
 *
 * @param <E> the appender's events
 */
final class NumberedFiles<E> extends RollingPolicyBase implements TriggeringPolicy<E> {

  private final Path file;
  private final long maxBytes;
  private final int kept;

  NumberedFiles(Path file, long maxBytes, int kept) {
    this.file = file;
    this.maxBytes = maxBytes;
    this.kept = kept;
  }

  @Override
  public boolean isTriggeringEvent(File active, E event) {
    return active.length() >= maxBytes;
  }

  @Override
  public void rollover() throws RolloverFailure {
    try {
      for (int i = kept - 1; i >= 1; i--) {
        if (Files.exists(numbered(i))) {
          move(numbered(i), numbered(i + 1));
        }
      }
      move(file, numbered(1));
    } catch (IOException e) {
      throw new RolloverFailure("can't rotate the log file", e);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private Path numbered(int number) {
    return file.resolveSibling(file.getFileName() + "." + number);
  }

  @Override
  public String getActiveFileName() {
    return file.toString();
  }
}
