package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import com.limiquantix.agent.security.record.RecordQueue;
import com.limiquantix.agent.security.record.RecordTarget;
import com.limiquantix.agent.security.record.RecordWriter;
import java.time.Duration;

/**
 * Hands records over to a {@link RecordWriter}. They are encoded by the thread that logs: arguments
 * may change as soon as it goes on, and only of bytes can be said how much memory they take.
 */
final class QueueAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {

  /** About 1,500 records: some minutes of a busy agent. */
  static final int QUEUE_BYTES = 256 * 1024;

  /** A service that is told to end has two seconds for everything. */
  private static final Duration CLOSING = Duration.ofMillis(200);

  private final RecordEncoder encoder;
  private final RecordQueue queue = new RecordQueue(QUEUE_BYTES);
  private final RecordWriter writer;

  QueueAppender(RecordEncoder encoder, RecordTarget target, Duration retry) {
    this.encoder = encoder;
    this.writer = new RecordWriter(queue, target, encoder::loss, retry, 0, "agent-log");
  }

  @Override
  public void start() {
    super.start();
    writer.start();
  }

  @Override
  protected void append(ILoggingEvent event) {
    queue.add(encoder.encode(event), event.getInstant());
  }

  /** How many records were lost so far. */
  long lost() {
    return queue.lost();
  }

  @Override
  public void stop() {
    if (isStarted()) {
      super.stop();
      writer.close(CLOSING);
    }
  }
}
