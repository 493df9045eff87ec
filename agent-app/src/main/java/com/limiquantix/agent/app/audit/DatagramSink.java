package com.limiquantix.agent.app.audit;

import com.limiquantix.agent.app.internal.jna.UnixDatagrams;
import com.limiquantix.agent.security.audit.AuditRecord;
import com.limiquantix.agent.security.audit.AuditSink;
import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends each record as a datagram, without waiting. What nobody takes is lost here, though not in
 * the file; the log tells of it once each time that it begins and ends.
 */
final class DatagramSink implements AuditSink {
  private static final Logger LOG = LoggerFactory.getLogger(DatagramSink.class);

  private final String name;
  private final String path;
  private final Function<AuditRecord, String> format;
  private @Nullable UnixDatagrams socket;
  private long lost;

  /**
   * @param name for the log
   * @param path of the socket
   */
  DatagramSink(String name, String path, Function<AuditRecord, String> format) {
    this.name = name;
    this.path = path;
    this.format = format;
  }

  @Override
  public void accept(AuditRecord record) {
    try {
      UnixDatagrams open = socket;
      if (open == null) {
        open = UnixDatagrams.open(path);
        socket = open;
      }
      open.send(format.apply(record));
    } catch (IOException | UnsatisfiedLinkError e) {
      if (lost++ == 0) {
        LOG.warn("{} does not take audit records: {}: {}", name, path, e.getMessage());
      }
      return;
    }
    if (lost > 0) {
      LOG.warn("{} takes audit records again; it lacks {}", name, lost);
      lost = 0;
    }
  }

  @Override
  public void close() {
    UnixDatagrams open = socket;
    socket = null;
    if (open != null) {
      open.close();
    }
  }
}
