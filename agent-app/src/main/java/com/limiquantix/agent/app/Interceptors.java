package com.limiquantix.agent.app;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.health.HandlerWatch;
import com.limiquantix.agent.security.LockInterceptor;
import com.limiquantix.agent.security.audit.AuditInterceptor;
import com.limiquantix.agent.security.limits.LimitInterceptor;
import com.limiquantix.agent.security.limits.LimitSettings;
import com.limiquantix.agent.security.policy.Policy;
import com.limiquantix.agent.security.policy.PolicyInterceptor;
import io.grpc.ServerInterceptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What every call passes, from the outermost to the handler: call log and metrics, audit, limits,
 * policy, the watch over handlers that do not end. A refusal is thus logged and audited like
 * anything else.
 */
final class Interceptors {
  private Interceptors() {}

  /**
   * The order, outermost first.
   *
   * @param onWorkDone runs after each call of more than a sign of life
   * @param lock why the agent is locked, or null if it is not
   * @param policy what hosts may ask for
   */
  static List<ServerInterceptor> inOrder(
      LongSupplier nanoTime,
      Runnable onWorkDone,
      AuditInterceptor audit,
      LimitInterceptor limits,
      @Nullable String lock,
      Supplier<Policy> policy,
      HandlerWatch handlers) {
    List<ServerInterceptor> order = new ArrayList<>();
    order.add(new CallLog(nanoTime, onWorkDone));
    order.add(audit);
    order.add(limits);
    if (lock != null) {
      order.add(new LockInterceptor(lock));
    }
    order.add(new PolicyInterceptor(policy));
    order.add(handlers);
    return order;
  }

  /** What the configuration allows hosts at once and in all. */
  static LimitSettings limits(AgentConfig config) {
    return new LimitSettings(
        config.security().maxCommandsPerMinute(),
        config.limits().totalCommandsPerMinute(),
        config.security().maxFileOpsPerSecond(),
        config.limits().totalFileOpsPerSecond(),
        config.limits().maxConcurrentCalls(),
        config.limits().maxConcurrentCommands(),
        config.limits().maxOpenTransfers(),
        config.limits().maxBytesPerCall());
  }
}
