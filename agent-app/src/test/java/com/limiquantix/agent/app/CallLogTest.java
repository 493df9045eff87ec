package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import com.limiquantix.agent.protocol.v1.PingRequest;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What the log says of calls. */
final class CallLogTest {
  /** Hands every record over as it comes. */
  private static final class Records extends AppenderBase<ILoggingEvent> {
    private final BlockingQueue<ILoggingEvent> records = new LinkedBlockingQueue<>();

    @Override
    protected void append(ILoggingEvent record) {
      records.add(record);
    }

    ILoggingEvent await(String text) throws InterruptedException {
      while (true) {
        ILoggingEvent next = records.poll(10, TimeUnit.SECONDS);
        assertThat(next).as("a record with '%s'", text).isNotNull();
        if (next.getFormattedMessage().contains(text)) {
          return next;
        }
      }
    }
  }

  private final Logger logger = (Logger) LoggerFactory.getLogger(CallLog.class);
  private final Records records = new Records();
  private final Harness host = new Harness();

  @BeforeEach
  void listen() {
    records.start();
    logger.setLevel(Level.DEBUG);
    logger.addAppender(records);
  }

  @AfterEach
  void end() {
    host.close();
    logger.detachAppender(records);
    logger.setLevel(null);
  }

  @Test
  void givenAHostThatSaysHello_thenTheEndOfTheAgentsOwnSubscriptionIsForDebuggingOnly(
      @TempDir Path directory) throws Exception {
    Path socket = directory.resolve("a.sock");
    try (GuestAgent agent = GuestAgent.builder(AgentConfig.defaults()).listenUnix(socket).build()) {
      agent.start();
      AgentServiceGrpc.newBlockingStub(host.unix(socket)).ping(PingRequest.getDefaultInstance());

      ILoggingEvent record = records.await("EventService/Subscribe");

      assertThat(record.getFormattedMessage()).contains("CANCELLED");
      assertThat(record.getLevel()).isEqualTo(Level.DEBUG);
    }
  }
}
