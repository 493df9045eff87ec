package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LogbackServiceProvider;

/**
 * Logback without its search for configuration files and its default configuration: neither is
 * wanted, and they take about 1 MiB of resident memory. Made by SLF4J; see {@link
 * AgentLogging#bind}.
 */
public final class LogbackByCode extends LogbackServiceProvider {

  @Override
  public void initialize() {
    LoggerContext context = (LoggerContext) getLoggerFactory();
    context.setName("default");
    context.setMDCAdapter(getMDCAdapter());
    context.start();
  }
}
