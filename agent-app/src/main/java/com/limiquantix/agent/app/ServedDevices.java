package com.limiquantix.agent.app;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.DevicePorts;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the host behind each port, and tells the log which ports those are. */
final class ServedDevices implements DevicePorts.Handler {
  private static final Logger LOG = LoggerFactory.getLogger(ServedDevices.class);

  private final AgentServer server;

  private ServedDevices(AgentServer server) {
    this.server = server;
  }

  /** Begins to serve the one port that the configuration names, else those with the names there. */
  static DevicePorts start(LinkLoop loop, Timers timers, AgentConfig config, AgentServer server) {
    ServedDevices handler = new ServedDevices(server);
    Optional<Path> fixed = config.fixedDevice();
    return fixed.isPresent()
        ? DevicePorts.at(loop, timers, fixed.get(), handler)
        : DevicePorts.named(loop, timers, config.transport().portNames(), handler);
  }

  @Override
  public void onLink(Link link) {
    LOG.info("serving {}", link.peer().describe());
    server.serve(link);
  }

  @Override
  public void onUnavailable(String reason) {
    LOG.warn("{}", reason);
  }
}
