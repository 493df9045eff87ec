package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.LogLevel;
import com.limiquantix.agent.security.record.ChannelTarget;
import com.limiquantix.agent.security.record.FileTarget;
import com.limiquantix.agent.security.record.NumberedFiles;
import com.limiquantix.agent.security.record.RecordTarget;
import com.limiquantix.agent.security.record.RecordWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * The log of an agent that is a process of its own. An embedder has its own logging and leaves this
 * class alone: SLF4J's binding and {@code java.util.logging} are the process's, not ours. Methods
 * may be called from any thread.
 *
 * <p>Who logs never waits for the target: records go through a bounded queue to one daemon thread.
 * While the target is stuck or fails, the queue keeps what it can hold; the rest is lost and
 * counted, and the log tells of it once it can be written again.
 */
public final class AgentLogging implements AutoCloseable {

  private final LoggerContext context;
  private final QueueAppender appender;

  private AgentLogging(LoggerContext context, QueueAppender appender) {
    this.context = context;
    this.appender = appender;
  }

  /**
   * Binds SLF4J to logback as {@link #install} needs it and no more. To be called before the first
   * logger is made; for a program of our own. Until {@link #install} nothing is logged.
   */
  public static void bind() {
    System.setProperty("slf4j.provider", LogbackByCode.class.getName());
    // SLF4J would tell on standard error that it does as it was told.
    System.setProperty("slf4j.internal.verbosity", "WARN");
  }

  /**
   * Replaces all logging of this process by what the configuration says. If the log file can't be
   * opened, the log goes to standard output and begins by saying why.
   *
   * @throws IllegalStateException if SLF4J is bound to something else than logback
   */
  public static AgentLogging install(AgentConfig config) {
    return install(
        config, new FileOutputStream(FileDescriptor.out).getChannel(), RecordWriter.RETRY);
  }

  /**
   * As {@link #install(AgentConfig)}.
   *
   * @param standardOutput what takes its place; never closed
   * @param retry time between two attempts while writing fails
   */
  static AgentLogging install(
      AgentConfig config, WritableByteChannel standardOutput, Duration retry) {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!(factory instanceof LoggerContext context)) {
      throw new IllegalStateException("SLF4J is bound to " + factory.getClass().getName());
    }
    context.reset();
    // Stopping a context that was stopped before would leave the appender as it is.
    context.start();
    RecordEncoder encoder =
        new RecordEncoder(config.logFormat(), context.getLogger(AgentLogging.class));
    QueueAppender appender =
        new QueueAppender(encoder, target(config, standardOutput, encoder), retry);
    appender.setContext(context);
    appender.start();
    AgentLogging logging = new AgentLogging(context, appender);
    logging.root().addAppender(appender);
    logging.setLevel(config.logLevel());
    JulBridge.install();
    return logging;
  }

  private static RecordTarget target(
      AgentConfig config, WritableByteChannel standardOutput, RecordEncoder encoder) {
    RecordTarget output = new ChannelTarget(standardOutput, false);
    if (config.logTarget().isEmpty()) {
      return output;
    }
    NumberedFiles files = new NumberedFiles(config.logTarget().get(), config.logMaxFiles());
    return new FileOrOutput(
        new FileTarget(
            files,
            config.logMaxSizeBytes(),
            FileTarget.Care.PLAIN,
            (file, sentence) -> file.write(encoder.own(Level.WARN, "the log file " + sentence))),
        output,
        encoder);
  }

  /** Changes the least severe level that is logged, from the next record on. */
  public void setLevel(LogLevel level) {
    root()
        .setLevel(
            switch (level) {
              case TRACE -> Level.TRACE;
              case DEBUG -> Level.DEBUG;
              case INFO -> Level.INFO;
              case WARN -> Level.WARN;
              case ERROR -> Level.ERROR;
            });
  }

  /**
   * Returns how many records were lost because they could not be written in time; after {@link
   * #close} with those that it could not write.
   */
  public long lostRecords() {
    return appender.lost();
  }

  private Logger root() {
    return context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /**
   * Ends all logging of this process. Writes out what is pending, for at most 200 ms: a target that
   * is stuck does not keep the process from ending.
   */
  @Override
  public void close() {
    JulBridge.remove();
    context.stop();
  }
}
