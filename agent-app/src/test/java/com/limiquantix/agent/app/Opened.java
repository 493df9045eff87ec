package com.limiquantix.agent.app;

import java.util.ArrayDeque;
import java.util.Deque;

/** What a test has opened, closed in reverse order. */
public final class Opened implements AutoCloseable {
  private final Deque<AutoCloseable> values = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T value) {
    values.push(value);
    return value;
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable value : values) {
      value.close();
    }
  }
}
