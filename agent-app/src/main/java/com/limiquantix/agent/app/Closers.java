package com.limiquantix.agent.app;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has been opened, to be closed in reverse order. One thread at a time. */
final class Closers {
  private static final Logger LOG = LoggerFactory.getLogger(Closers.class);

  private final Deque<Runnable> open = new ArrayDeque<>();

  void add(Runnable closer) {
    open.push(closer);
  }

  /** Closes all; what fails to close does not keep the rest open. */
  void closeAll() {
    for (Runnable closer = open.poll(); closer != null; closer = open.poll()) {
      try {
        closer.run();
      } catch (RuntimeException e) {
        LOG.error("a part of the agent could not be closed", e);
      }
    }
  }
}
