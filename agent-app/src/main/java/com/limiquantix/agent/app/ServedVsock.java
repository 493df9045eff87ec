package com.limiquantix.agent.app;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.protocol.ProtocolVersion;
import com.limiquantix.agent.transport.AgentServer;
import com.limiquantix.agent.transport.Timers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.VsockCheck;
import com.limiquantix.agent.transport.link.VsockHost;
import com.limiquantix.agent.transport.link.VsockListener;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the host over vsock: dials it, and lets it in where that is wanted. */
final class ServedVsock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServedVsock.class);

  /** How long to wait when listening is not possible, or not yet. */
  private static final long LISTEN_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final LinkLoop loop;
  private final Timers timers;
  private final AgentConfig.Transport where;
  private final AgentServer server;
  private final Admission admission;
  private final Closers closers = new Closers();

  // Guarded by this.
  private boolean closed;
  private @Nullable String told;

  private ServedVsock(
      LinkLoop loop, Timers timers, AgentConfig.Transport where, AgentServer server) {
    this.loop = loop;
    this.timers = timers;
    this.where = where;
    this.server = server;
    this.admission = new Admission(loop, server);
  }

  /** Begins; what is not there yet is waited for. */
  static ServedVsock start(LinkLoop loop, Timers timers, AgentConfig config, AgentServer server) {
    AgentConfig.Transport where = config.transport();
    ServedVsock served = new ServedVsock(loop, timers, where, server);
    // First, so that no source port of ours takes its place.
    if (where.vsockListenPort() != 0) {
      served.listen();
    }
    RandomGenerator random = new SplittableRandom();
    served.dial(where.vsockPort(), random);
    if (where.vsockV1Port() != 0
        && where.vsockV1Port() != where.vsockPort()
        && config.protocols().contains(ProtocolVersion.V1)) {
      served.dial(where.vsockV1Port(), random);
    }
    return served;
  }

  private void dial(long port, RandomGenerator random) {
    VsockHost host = VsockHost.dial(loop, timers, where.vsockCid(), port, random, new Dialed(port));
    closers.add(host::close);
  }

  private synchronized void listen() {
    if (closed) {
      return;
    }
    int port = where.vsockListenPort();
    try {
      VsockListener listener =
          VsockListener.listen(
              loop, timers, port, VsockCheck.privileged().from(where.vsockCid()), new Accepted());
      closers.add(listener::close);
      LOG.info("listening on {} for CID {}", listener, where.vsockCid());
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      if (!reason.equals(told)) {
        told = reason;
        LOG.warn("{}", reason);
      }
      timers.schedule(this::listen, LISTEN_PAUSE_NANOS);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    closers.closeAll();
  }

  /** Says what happens at the end of the host. */
  private final class Dialed implements VsockHost.Handler {
    private final long port;

    Dialed(long port) {
      this.port = port;
    }

    @Override
    public void onLink(Link link) {
      server.serve(link);
    }

    @Override
    public void onConnected() {
      LOG.info("serving vsock cid={} port={}", where.vsockCid(), port);
    }

    @Override
    public void onUnavailable(String reason) {
      // Most VMs have but one way to their host; that this one is missing is no fault.
      LOG.info("{}", reason);
    }
  }

  /** Lets the host in. */
  private final class Accepted implements VsockListener.Handler {
    @Override
    public void onLink(Link link) {
      admission.onLink(link);
    }

    @Override
    public void onRefused(PeerInfo.Vsock peer) {
      LOG.warn("{} may not connect and was disconnected", peer.describe());
    }

    @Override
    public void onAcceptFailed(IOException cause) {
      admission.onAcceptFailed(cause);
    }
  }
}
