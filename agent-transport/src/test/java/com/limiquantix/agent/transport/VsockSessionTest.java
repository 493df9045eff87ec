package com.limiquantix.agent.transport;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.Vsock;
import com.limiquantix.agent.transport.link.VsockCheck;
import com.limiquantix.agent.transport.link.VsockListener;
import com.limiquantix.agent.transport.link.VsockOverUnix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sessions over vsock links to an agent that listens. The kernel's part is that of unix sockets,
 * which all systems have.
 */
@EnabledOnOs(OS.LINUX)
class VsockSessionTest extends SessionContractTest {
  @TempDir private Path directory;

  @Override
  Wires wires(ManualExecutor executor) {
    try {
      return new VsockWires(executor, directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class VsockWires extends Wires implements VsockListener.Handler {
    private static final int VM_CID = 42;

    private final FakeTimers timers = new FakeTimers();
    private final LinkLoop loop;
    private final LinkDialer dialer;
    private @Nullable VsockListener listener;

    VsockWires(ManualExecutor executor, Path directory) throws IOException {
      super(executor);
      this.loop =
          new VsockOverUnix(directory)
              .startLoop(
                  "test-loop",
                  (thread, thrown) ->
                      executor.execute(
                          () -> {
                            throw new AssertionError(thrown);
                          }));
      this.dialer = Vsock.dialer(loop, timers, VM_CID, Vsock.AGENT_PORT);
    }

    @Override
    Link connect() throws IOException {
      return dialer.dial();
    }

    @Override
    void open() throws IOException {
      if (listener == null) {
        listener =
            VsockListener.listen(loop, timers, Vsock.AGENT_PORT, VsockCheck.privileged(), this);
      }
    }

    @Override
    boolean busy() {
      return anyConnectionBusy();
    }

    @Override
    public void onLink(Link link) {
      reached(link);
    }

    @Override
    public void onRefused(PeerInfo.Vsock peer) {
      throw new AssertionError("refused " + peer.describe());
    }

    @Override
    public void onAcceptFailed(IOException cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void close() {
      loop.close();
    }
  }
}
