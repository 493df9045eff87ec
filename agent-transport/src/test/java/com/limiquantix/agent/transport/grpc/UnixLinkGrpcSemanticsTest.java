package com.limiquantix.agent.transport.grpc;

import com.limiquantix.agent.protocol.PeerInfo;
import com.limiquantix.agent.transport.SystemTimers;
import com.limiquantix.agent.transport.link.Link;
import com.limiquantix.agent.transport.link.LinkDialer;
import com.limiquantix.agent.transport.link.LinkLoop;
import com.limiquantix.agent.transport.link.PeerCheck;
import com.limiquantix.agent.transport.link.UnixListener;
import com.limiquantix.agent.transport.link.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Our channel and server over a unix socket. */
class UnixLinkGrpcSemanticsTest extends EverySuite {

  @Override
  GrpcPair pair(Setup setup) throws Exception {
    return new AgentPair(setup, new Unix());
  }

  private static final class Unix implements AgentPair.Links {
    private final Path directory = Files.createTempDirectory("agent");
    private final Path socket = directory.resolve("agent.sock");
    private final SystemTimers timers = new SystemTimers("test-listener-timers");
    private final LinkLoop loop =
        LinkLoop.start(
            "test-loop",
            (thread, thrown) ->
                thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown));
    private @Nullable UnixListener listener;

    Unix() throws IOException {}

    @Override
    public LinkDialer dialer() {
      try {
        return UnixSocket.dialer(loop, socket);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void listen(Consumer<Link> server) throws IOException {
      listener =
          UnixListener.listen(
              loop,
              timers,
              socket,
              PeerCheck.ownUserOrRoot(),
              new UnixListener.Handler() {
                @Override
                public void onLink(Link link) {
                  server.accept(link);
                }

                @Override
                public void onRefused(PeerInfo.Unix peer) {
                  throw new AssertionError("refused " + peer.describe());
                }

                @Override
                public void onAcceptFailed(IOException cause) {
                  throw new AssertionError(cause);
                }
              });
    }

    @Override
    public void close() throws IOException {
      if (listener != null) {
        listener.close();
      }
      loop.close();
      timers.close();
      Files.deleteIfExists(socket);
      Files.deleteIfExists(directory);
    }
  }
}
