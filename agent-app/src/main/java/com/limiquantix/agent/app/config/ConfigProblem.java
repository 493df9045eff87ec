package com.limiquantix.agent.app.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One reason why a configuration is refused. Its texts hold no control characters and have a
 * bounded length, whatever the file contains.
 *
 * @param file the file as it was named
 * @param position where in the file, or null if the file as a whole is at fault
 * @param key the key with its section ({@code health.interval_secs}), or null if none is concerned
 * @param message what is wrong and what to do, without file, position and key
 */
public record ConfigProblem(
    Path file, @Nullable Position position, @Nullable String key, String message) {

  /** Returns the problem as one line, {@code file:line:column: key: message}. */
  public String describe() {
    StringBuilder text = new StringBuilder(Texts.printable(file.toString(), Texts.MAX_PATH));
    if (position != null) {
      text.append(':').append(position.line()).append(':').append(position.column());
    }
    text.append(": ");
    if (key != null) {
      text.append(key).append(": ");
    }
    return text.append(message).toString();
  }
}
