package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.JnaPosix.Feature;
import java.util.Set;

/** Without pidfds, addclosefrom_np and a working directory per thread. */
class ExecOnOldSystemTest extends ExecContract {
  @Override
  Set<Feature> hidden() {
    return Set.of(Feature.values());
  }
}
