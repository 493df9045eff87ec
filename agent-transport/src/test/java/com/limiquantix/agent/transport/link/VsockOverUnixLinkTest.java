package com.limiquantix.agent.transport.link;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** What our side of vsock links does, where the kernel has no vsock that leads to itself. */
class VsockOverUnixLinkTest extends VsockLinkContract {
  private static final long DIALER_CID = 3;

  @TempDir private Path directory;

  @Override
  LinkLoop startLoop() throws IOException {
    return new VsockOverUnix(directory)
        .startLoop("test-loop", (thread, thrown) -> reported.add(thrown));
  }

  @Override
  long dialerCid() {
    return DIALER_CID;
  }
}
