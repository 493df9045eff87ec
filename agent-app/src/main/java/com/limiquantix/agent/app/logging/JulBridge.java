package com.limiquantix.agent.app.logging;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Takes what libraries write to {@code java.util.logging} (gRPC does) into the agent's log. Their
 * records below INFO are left out at every level: gRPC's hold messages and metadata of calls.
 */
final class JulBridge extends Handler {

  private final SimpleFormatter formatter = new SimpleFormatter();

  private JulBridge() {}

  /** Makes this the only handler of the root logger; for a process of our own. */
  static void install() {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(Level.INFO);
    root.addHandler(new JulBridge());
  }

  /** Ends the bridge; later records of such libraries go nowhere. */
  static void remove() {
    LogManager.getLogManager().reset();
  }

  @Override
  public void publish(LogRecord record) {
    int level = record.getLevel().intValue();
    if (level < Level.INFO.intValue()) {
      return;
    }
    @Nullable String name = record.getLoggerName();
    org.slf4j.Logger logger = LoggerFactory.getLogger(name == null ? "unnamed" : name);
    @Nullable String message = formatter.formatMessage(record);
    @Nullable Throwable thrown = record.getThrown();
    if (level >= Level.SEVERE.intValue()) {
      logger.error(message, thrown);
    } else if (level >= Level.WARNING.intValue()) {
      logger.warn(message, thrown);
    } else {
      logger.info(message, thrown);
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
