package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Puts accepted links aside and writes down what went wrong. */
final class Accepting implements UnixListener.Handler {
  final CopyOnWriteArrayList<PeerInfo.Unix> refused = new CopyOnWriteArrayList<>();
  final CopyOnWriteArrayList<IOException> failed = new CopyOnWriteArrayList<>();
  private final Queue<Link> accepted;

  Accepting(Queue<Link> accepted) {
    this.accepted = accepted;
  }

  @Override
  public void onLink(Link link) {
    accepted.add(link);
  }

  @Override
  public void onRefused(PeerInfo.Unix peer) {
    refused.add(peer);
  }

  @Override
  public void onAcceptFailed(IOException cause) {
    failed.add(cause);
  }
}
