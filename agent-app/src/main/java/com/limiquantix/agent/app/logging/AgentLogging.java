package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.status.Status;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.LogLevel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * The log of an agent that is a process of its own. An embedder has its own logging and leaves this
 * class alone: SLF4J's binding and {@code java.util.logging} are the process's, not ours. Methods
 * may be called from any thread; a record is written by the thread that logs it.
 */
public final class AgentLogging implements AutoCloseable {

  private final LoggerContext context;
  private final AtomicLong failures = new AtomicLong();

  private AgentLogging(LoggerContext context) {
    this.context = context;
  }

  /**
   * Replaces all logging of this process by what the configuration says.
   *
   * @throws IOException if the log file can't be opened; the log then goes to standard output, so
   *     that the caller can report this
   * @throws IllegalStateException if SLF4J is bound to something else than logback
   */
  public static AgentLogging install(AgentConfig config) throws IOException {
    return install(config, new FileOutputStream(FileDescriptor.out));
  }

  /**
   * As {@link #install(AgentConfig)} with another stream in the place of standard output. The
   * stream is never closed.
   */
  static AgentLogging install(AgentConfig config, OutputStream standardOutput) throws IOException {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!(factory instanceof LoggerContext context)) {
      throw new IllegalStateException("SLF4J is bound to " + factory.getClass().getName());
    }
    AgentLogging logging = new AgentLogging(context);
    logging.configure(config, standardOutput);
    return logging;
  }

  private void configure(AgentConfig config, OutputStream standardOutput) throws IOException {
    context.reset();
    setLevel(config.logLevel());
    JulBridge.install();
    if (config.logTarget().isEmpty()) {
      attachStream(config, standardOutput);
      return;
    }
    try {
      attachFile(config, config.logTarget().get());
    } catch (IOException e) {
      attachStream(config, standardOutput);
      throw e;
    }
  }

  private void attachStream(AgentConfig config, OutputStream stream) {
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(context);
    appender.setEncoder(encoder(config));
    appender.setOutputStream(new UnclosedStream(stream, failures));
    appender.start();
    root().addAppender(appender);
  }

  private void attachFile(AgentConfig config, Path file) throws IOException {
    NumberedFiles<ILoggingEvent> policy =
        new NumberedFiles<>(file, config.logMaxSizeBytes(), config.logMaxFiles());
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setContext(context);
    appender.setEncoder(encoder(config));
    appender.setFile(file.toString());
    policy.setContext(context);
    policy.setParent(appender);
    policy.start();
    appender.setRollingPolicy(policy);
    appender.start();
    if (!appender.isStarted()) {
      throw new IOException("can't open the log file " + file + ": " + lastError());
    }
    root().addAppender(appender);
  }

  private RecordEncoder encoder(AgentConfig config) {
    RecordEncoder encoder = new RecordEncoder(config.logFormat());
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }

  private String lastError() {
    List<Status> all = context.getStatusManager().getCopyOfStatusList();
    for (int i = all.size() - 1; i >= 0; i--) {
      Throwable cause = all.get(i).getThrowable();
      if (all.get(i).getLevel() == Status.ERROR && cause != null && cause.getMessage() != null) {
        return cause.getMessage();
      }
    }
    return "no reason is given";
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

  /** Returns how many writes to standard output have failed; what they held is lost. */
  public long failedWrites() {
    return failures.get();
  }

  private Logger root() {
    return context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /** Writes out what is pending and ends all logging of this process. */
  @Override
  public void close() {
    JulBridge.remove();
    context.stop();
  }
}
