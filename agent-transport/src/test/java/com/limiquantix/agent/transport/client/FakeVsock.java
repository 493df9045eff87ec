package com.limiquantix.agent.transport.client;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.link.InProcessLink;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkListener;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The end of a connection within this process that a host would have accepted over vsock. */
record FakeVsock(InProcessLink link, PeerInfo.Vsock peer) implements Link {

  @Override
  public void open(LinkListener listener) {
    link.open(listener);
  }

  @Override
  public int write(ByteBuffer src) throws IOException {
    return link.write(src);
  }

  @Override
  public void requestWritable() {
    link.requestWritable();
  }

  @Override
  public void close() {
    link.close();
  }
}
