package com.limiquantix.agent.app.logging;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Standard output as a log target: it stays open for others, and a record that can't be written is
 * counted and dropped. Logback would give the target up for good after one failure, so that a
 * restarted log daemon would mean an agent without a log.
 */
final class UnclosedStream extends OutputStream {

  private final OutputStream target;
  private final AtomicLong failures;

  UnclosedStream(OutputStream target, AtomicLong failures) {
    this.target = target;
    this.failures = failures;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    try {
      target.write(bytes, offset, length);
    } catch (IOException e) {
      failures.incrementAndGet();
    }
  }

  @Override
  public void flush() {
    try {
      target.flush();
    } catch (IOException e) {
      failures.incrementAndGet();
    }
  }

  @Override
  public void close() {
    flush();
  }
}
