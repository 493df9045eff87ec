package com.limiquantix.agent.transport;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.ManualExecutor;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import com.limiquantix.agent.transport.link.UnixSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Sessions over a unix socket. */
@EnabledOnOs(OS.LINUX)
class UnixSessionTest extends SessionContractTest {
  @TempDir private Path directory;

  @Override
  Wires wires(ManualExecutor executor) {
    try {
      return new UnixWires(executor, directory.resolve("agent.sock"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class UnixWires extends Wires implements UnixListener.Handler {
    private final Path socket;
    private final LinkLoop loop;
    private final LinkDialer dialer;
    private @Nullable UnixListener listener;

    UnixWires(ManualExecutor executor, Path socket) throws IOException {
      super(executor);
      this.socket = socket;
      this.loop =
          LinkLoop.start(
              "test-loop",
              (thread, thrown) ->
                  executor.execute(
                      () -> {
                        throw new AssertionError(thrown);
                      }));
      this.dialer = UnixSocket.dialer(loop, socket);
    }

    @Override
    Link connect() throws IOException {
      return dialer.dial();
    }

    @Override
    void open() throws IOException {
      if (listener == null) {
        listener =
            UnixListener.listen(loop, new FakeTimers(), socket, PeerCheck.ownUserOrRoot(), this);
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
    public void onRefused(PeerInfo.Unix peer) {
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
