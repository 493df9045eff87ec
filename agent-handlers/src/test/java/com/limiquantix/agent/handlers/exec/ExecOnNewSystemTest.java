package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.JnaPosix.Feature;
import java.util.Set;

class ExecOnNewSystemTest extends ExecContract {
  @Override
  Set<Feature> hidden() {
    return Set.of();
  }
}
