package com.limiquantix.agent.app.vm;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the one VM that all of them share, booted for the first that asks. Each test leaves
 * it running, with its service up. Where there can be no VM, they are skipped with the reason.
 */
final class VmExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(VmExtension.class);

  /** Closed by JUnit after the last test. */
  private static final class Shared implements AutoCloseable {
    private final @Nullable Vm vm;
    private final @Nullable String reason;

    Shared() {
      try {
        reason = Vm.whyNot();
        vm = reason == null ? booted() : null;
      } catch (Exception e) {
        throw new IllegalStateException("the VM cannot be booted: " + e.getMessage(), e);
      }
    }

    private static Vm booted() throws Exception {
      Vm vm = Vm.create();
      try {
        vm.powerOn();
        vm.awaitBoot();
        return vm;
      } catch (Exception e) {
        vm.close();
        throw e;
      }
    }

    @Override
    public void close() throws Exception {
      if (vm != null) {
        vm.close();
      }
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Vm.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Shared shared =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent("vm", key -> new Shared(), Shared.class);
    if (shared.vm == null) {
      return Assumptions.abort(String.valueOf(shared.reason));
    }
    return shared.vm;
  }
}
