package com.limiquantix.agent.transport.grpc;

import java.util.Set;
import org.junit.jupiter.api.Nested;

/** All suites over one transport: a transport's test class only says how a pair is made. */
abstract class EverySuite {

  /** Makes a channel and a server that can not reach each other yet. */
  abstract GrpcPair pair(Setup setup) throws Exception;

  /** What this transport can not do by its nature. */
  Set<Capability> lacking() {
    return Set.of();
  }

  @Nested
  class Calls extends CallsSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Deadlines extends DeadlinesSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Cancellation extends CancellationSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class MetadataAndStatus extends MetadataAndStatusSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Limits extends LimitsSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class FlowControl extends FlowControlSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Lifecycle extends LifecycleSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Misuse extends MisuseSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Failures extends FailuresSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Hooks extends HooksSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }

  @Nested
  class Tracers extends TracersSuite {
    @Override
    protected GrpcPair create(Setup setup) throws Exception {
      return pair(setup);
    }

    @Override
    protected Set<Capability> lacks() {
      return lacking();
    }
  }
}
