package com.limiquantix.agent.app;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.UnixListener;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets hosts in that have connected, up to a bound. */
final class Admission implements UnixListener.Handler {
  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

  /** Links and listeners of an agent. A guest has one host, with a few tools beside it. */
  static final int MAX_LINKS = 64;

  private final LinkLoop loop;
  private final AgentServer server;

  Admission(LinkLoop loop, AgentServer server) {
    this.loop = loop;
    this.server = server;
  }

  @Override
  public void onLink(Link link) {
    if (loop.size() > MAX_LINKS) {
      LOG.warn("{} was disconnected: {} links are open", link.peer().describe(), MAX_LINKS);
      link.close();
      return;
    }
    LOG.debug("{} has connected", link.peer().describe());
    server.serve(link);
  }

  @Override
  public void onRefused(PeerInfo.Unix peer) {
    LOG.warn("{} may not connect and was disconnected", peer.describe());
  }

  @Override
  public void onAcceptFailed(IOException cause) {
    LOG.warn("a connection has to wait: {}", cause.getMessage());
  }
}
