package com.limiquantix.agent.transport.link;

import java.io.IOException;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class PollingUnixLinkTest extends UnixLinkTest {
  @Override
  LinkLoop startLoop(Thread.UncaughtExceptionHandler uncaught) throws IOException {
    return LinkLoop.start("test-loop", uncaught, LinkLoop.Waiting.POLLING_BRIEFLY);
  }
}
